/* Banner in the manner of a consent platform: optional services start after "accept" only. */
(function () {
  var services = ["https://userlike-cdn-widgets.s3-eu-west-1.amazonaws.com/0123456789abcdef.js"];
  function start() {
    services.forEach(function (src) {
      var s = document.createElement("script");
      s.async = true;
      s.src = src;
      document.body.appendChild(s);
    });
  }
  function close(answer) {
    document.cookie = "OptanonAlertBoxClosed=" + answer + "; path=/";
    var box = document.getElementById("onetrust-consent-sdk");
    if (box) box.parentNode.removeChild(box);
    if (answer === "yes") start();
  }
  function show() {
    if (document.cookie.indexOf("OptanonAlertBoxClosed=yes") >= 0) return start();
    if (document.cookie.indexOf("OptanonAlertBoxClosed=no") >= 0) return;
    var box = document.createElement("div");
    box.id = "onetrust-consent-sdk";
    box.innerHTML =
      '<div id="onetrust-banner-sdk" role="dialog" aria-label="Datenschutz" ' +
      'style="position:fixed;left:0;right:0;bottom:0;background:#fff;padding:1em;border:1px solid #999">' +
      '<p>Wir verwenden Cookies für Statistik und Kundendienst.</p>' +
      '<button id="onetrust-reject-all-handler">Alle ablehnen</button> ' +
      '<button id="onetrust-accept-btn-handler">Alle akzeptieren</button></div>';
    document.body.appendChild(box);
    document.getElementById("onetrust-reject-all-handler").onclick = function () { close("no"); };
    document.getElementById("onetrust-accept-btn-handler").onclick = function () { close("yes"); };
  }
  show();
})();
