// For a page in a hidden window: what waits for a frame comes by a timer instead.
(() => {
  const FRAME = 50;
  const wait = window.setTimeout.bind(window);
  window.requestAnimationFrame = run => wait(() => run(performance.now()), FRAME);
  window.cancelAnimationFrame = number => clearTimeout(number);
  window.requestIdleCallback = run => wait(() => run({didTimeout: false, timeRemaining: () => 10}), 1);
  window.cancelIdleCallback = number => clearTimeout(number);
  delete Document.prototype.startViewTransition;
  // Nobody minds a window that is hidden: to its page it is open and in front.
  Object.defineProperty(Document.prototype, 'visibilityState', {get: () => 'visible'});
  Object.defineProperty(Document.prototype, 'hidden', {get: () => false});
  Document.prototype.hasFocus = () => true;
  addEventListener('visibilitychange', event => event.stopImmediatePropagation(), true);
  // A frame that waits for being seen would wait for ever.
  Object.defineProperty(HTMLIFrameElement.prototype, 'loading', {get: () => 'eager', set() {}});

  const watchers = new Set();
  let soon = false;
  const check = () => {
    soon = false;
    for (const watcher of [...watchers]) watcher.check();
  };
  const later = () => { if (!soon) { soon = true; wait(check, FRAME); } };
  const isSeen = (node, margin) => {
    if (!node.isConnected || !node.getClientRects().length) return false;
    const box = node.getBoundingClientRect();
    return box.bottom >= -margin && box.top <= innerHeight + margin
      && box.right >= -margin && box.left <= innerWidth + margin;
  };
  // One callback when a node is first watched, another whenever its answer changes.
  const watcherOf = (answer, entry) => class {
    constructor(call, options = {}) {
      this.call = call;
      this.nodes = new Map();
      this.root = options.root || null;
      this.rootMargin = options.rootMargin || '0px';
      this.thresholds = [options.threshold ?? 0].flat();
      watchers.add(this);
    }
    observe(node) { if (this.nodes.size < 2000 && !this.nodes.has(node)) this.nodes.set(node, null); later(); }
    unobserve(node) { this.nodes.delete(node); }
    disconnect() { this.nodes.clear(); }
    takeRecords() { return []; }
    check() {
      const entries = [];
      for (const [node, before] of this.nodes) {
        const now = answer(node, this);
        if (now === before) continue;
        this.nodes.set(node, now);
        entries.push(entry(node, now));
      }
      if (entries.length) try { this.call(entries, this); } catch (error) { console.error(error); }
    }
  };
  window.IntersectionObserver = watcherOf(
    (node, watcher) => isSeen(node, parseInt(watcher.rootMargin) || 0),
    (target, isIntersecting) => {
      const box = target.getBoundingClientRect();
      return {target, isIntersecting, intersectionRatio: +isIntersecting, boundingClientRect: box,
        intersectionRect: box, rootBounds: null, time: performance.now()};
    });
  window.ResizeObserver = watcherOf(
    node => { const box = node.getBoundingClientRect(); return box.width + 'x' + box.height; },
    target => {
      const box = target.getBoundingClientRect(), size = [{inlineSize: box.width, blockSize: box.height}];
      return {target, contentRect: box, borderBoxSize: size, contentBoxSize: size, devicePixelContentBoxSize: size};
    });
  addEventListener('scroll', later, true);
  addEventListener('load', later, true);
})();
