// Runs before the scripts of every page and frame. MARKS: globals, ids, classes, elements, and the
// beginnings of ids and classes by which vendors are known.
(() => {
  const wait = window.setTimeout.bind(window);
  const roots = [], popups = [];
  // Closed shadow trees are remembered, so that a widget inside can be seen.
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    if (roots.length < 500) roots.push(root);
    return root;
  };
  // Widgets that wait 2 to 12 seconds come after one: nobody is annoyed by them here.
  let last = 0;
  window.setTimeout = (run, delay, ...rest) => {
    if (!(delay > 1000 && delay <= 12000)) return wait(run, delay, ...rest);
    last = performance.now() + 1000;
    return wait(run, 1000, ...rest);
  };
  window.open = url => { if (popups.length < 50) popups.push(String(url ?? '')); return null; };
  if (navigator.serviceWorker)
    ServiceWorkerContainer.prototype.register = () => Promise.reject(new DOMException('off', 'SecurityError'));

  // After `least` ms of the page's own clock and, when asked, after the timers that are set by now.
  const settle = (least, timers) => new Promise(
    done => wait(done, Math.max(least, timers ? Math.min(1100, last - performance.now() + 20) : 0)));

  const told = new Set();
  const fresh = (how, values) => values.filter(value => {
    const key = how + ' ' + value;
    return told.size < 5000 && !told.has(key) && told.add(key);
  });
  const trees = () => [document, ...roots.slice(0, 60)];
  let marks = null;
  const read = () => {
    marks = JSON.parse(MARKS);
    for (const kind of ['ids', 'classes', 'elements']) marks[kind] = new Map(Object.entries(marks[kind]));
  };
  const globals = () => marks.globals.filter(name => {
    try {
      const value = name.split('.').reduce((at, key) => at == null ? at : at[key], window);
      return value !== undefined && value !== null
        && !(value instanceof Element || value instanceof HTMLCollection);
    } catch { return false; }
  });
  const stored = () => ['localStorage', 'sessionStorage'].flatMap(store => {
    try { return Object.keys(window[store]).slice(0, 200); } catch { return []; }
  });
  const begins = (rows, name) => rows.filter(([start]) => name.startsWith(start)).map(([, mark]) => mark);
  const built = () => {
    const found = new Set();
    for (const tree of trees()) for (const node of tree.querySelectorAll('*')) {
      const element = marks.elements.get(node.localName);
      if (element) found.add(element);
      if (node.id) {
        const id = marks.ids.get(node.id);
        if (id) found.add(id);
        begins(marks.idStarts, node.id).forEach(mark => found.add(mark));
      }
      for (const name of node.classList) {
        const mark = marks.classes.get(name);
        if (mark) found.add(mark);
        begins(marks.classStarts, name).forEach(start => found.add(start));
      }
    }
    for (const mark of marks.others)
      try { if (trees().some(tree => tree.querySelector(mark))) found.add(mark); } catch {}
    return [...found];
  };
  // Links that stay on the screen: the buttons of messengers.
  const stays = node => {
    for (let turn = 0; node && turn < 4; turn++) {
      if (['fixed', 'sticky'].includes(getComputedStyle(node).position))
        return !node.closest('header, nav, footer') && node.offsetWidth < 420 && node.offsetHeight < 420;
      node = node.parentElement || node.getRootNode().host;
    }
    return false;
  };
  const floating = () => trees().flatMap(tree => [...tree.querySelectorAll('a[href]')]
    .filter(link => link.host !== location.host && link.getClientRects().length).slice(0, 300)
    .filter(stays).map(link => link.href.slice(0, 500)));

  // What the page has set and built since the last look, by name.
  const look = () => {
    if (!marks) read();
    return {
      global: fresh('global', globals()), storage: fresh('storage', stored()),
      dom: fresh('dom', built()), floating: fresh('floating', floating()),
      popup: fresh('popup', popups.map(url => { try { return new URL(url, location).href; } catch { return ''; } })),
    };
  };
  // Down to the end, at once, and what waits for being seen is told to load.
  const scroll = isStill => {
    const height = document.body ? document.body.scrollHeight : 0;
    window.scrollTo({top: height, behavior: 'instant'});
    for (const frame of document.querySelectorAll('iframe[loading=lazy]')) frame.setAttribute('loading', 'eager');
    if (isStill) document.dispatchEvent(new Event('scroll', {bubbles: true}));
  };
  // A pointer that moves, for a page that gets none since it is never painted.
  const wake = (x, y) => {
    const node = document.elementFromPoint(x, y) || document.body || document.documentElement;
    const at = {bubbles: true, cancelable: true, composed: true, clientX: x, clientY: y, view: window};
    for (const [Kind, names] of [[PointerEvent, ['pointerover', 'pointermove']], [MouseEvent, ['mouseover', 'mousemove']]])
      for (const name of names) node.dispatchEvent(new Kind(name, at));
  };
  Object.defineProperty(window, Symbol.for('cxscout'), {value: {roots, settle, look, scroll, wake}});
})();
