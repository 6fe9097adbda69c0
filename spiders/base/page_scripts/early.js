// Runs before the scripts of every page and frame.
(() => {
  // Closed shadow trees are remembered, so that a widget inside can be seen.
  const roots = [];
  Object.defineProperty(window, Symbol.for('cxscout.roots'), {value: roots});
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    if (roots.length < 500) roots.push(root);
    return root;
  };
  // Widgets that wait 2 to 12 seconds come after one: nobody is annoyed by them here.
  const wait = window.setTimeout;
  window.setTimeout = (run, delay, ...rest) =>
    wait(run, delay > 1000 && delay <= 12000 ? 1000 : delay, ...rest);
})();
