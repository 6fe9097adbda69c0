/* The shop's own copy of its tag container: it knows the tags, the page does not. */
(function () {
  var tags = [{ on: "load", src: "https://client.crisp.chat/l.js", before: function () {
    window.$crisp = [];
    window.CRISP_WEBSITE_ID = "00000000-c0ff-ee00-0000-000000000064";
  } }];
  function fire() {
    tags.forEach(function (tag) {
      tag.before();
      var s = document.createElement("script");
      s.async = 1;
      s.src = tag.src;
      document.head.appendChild(s);
    });
  }
  if (document.readyState === "complete") fire();
  else window.addEventListener("load", fire);
})();
