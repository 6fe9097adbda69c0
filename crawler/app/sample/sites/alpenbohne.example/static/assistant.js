/* The shop's own assistant: a button, and a panel in the same page. It sends nothing anywhere. */
document.addEventListener("DOMContentLoaded", function () {
  var german = document.documentElement.lang === "de";
  var words = german
    ? ["Chat öffnen", "Alpenbohne Chat", "Hallo! Ich bin Bohni, der virtuelle Assistent von Alpenbohne. Ich bin ein Chatbot und kein Mensch.", "Unser Team übernimmt werktags von 9 bis 16 Uhr.", ["Wo ist meine Bestellung?", "Rückgabe anmelden", "Mit einem Menschen sprechen"], "Nachricht schreiben"]
    : ["Open chat", "Alpenbohne chat", "Hi! I am Bohni, the virtual assistant of Alpenbohne. I am an AI chatbot, not a person.", "Our team takes over on working days from 9 am to 4 pm and usually replies within 2 hours.", ["Where is my order?", "Start a return", "Talk to a person"], "Write a message"];
  var button = document.createElement("button");
  button.className = "chat-launcher";
  button.setAttribute("aria-label", words[0]);
  button.style.cssText = "position:fixed;right:20px;bottom:20px;width:60px;height:60px;border-radius:30px";
  button.textContent = "💬";
  var panel = document.createElement("div");
  panel.className = "chat-panel";
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-label", words[1]);
  panel.style.cssText = "position:fixed;right:20px;bottom:90px;width:320px;background:#fff;border:1px solid #999;padding:12px;display:none";
  function add(tag, text, name) {
    var e = document.createElement(tag);
    e.textContent = text;
    e.className = name;
    panel.appendChild(e);
    return e;
  }
  add("h2", words[1], "chat-header");
  add("p", words[2], "chat-message chat-greeting");
  add("p", words[3], "chat-message");
  words[4].forEach(function (reply) { add("button", reply, "chat-quick-reply"); });
  var box = document.createElement("textarea");
  box.placeholder = words[5];
  box.setAttribute("aria-label", words[5]);
  panel.appendChild(box);
  button.onclick = function () { panel.style.display = panel.style.display === "none" ? "block" : "none"; };
  document.body.appendChild(button);
  document.body.appendChild(panel);
});
