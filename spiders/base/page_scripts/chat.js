// Finds the opener of a chat and reads the window that it opens. Nothing is typed or sent.
(what, marks) => {
  const trees = () => [document, ...(window[Symbol.for('cxscout')]?.roots || []).slice(0, 60)];
  const above = node => node.parentElement || node.getRootNode().host || null;
  const chain = (node, length) => {
    const nodes = [];
    for (; node && nodes.length < length; node = above(node)) nodes.push(node);
    return nodes;
  };
  const visible = node => {
    const box = node.getBoundingClientRect();
    if (box.width < 8 || box.height < 8) return false;
    if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) return false;
    const style = getComputedStyle(node);
    return style.visibility !== 'hidden' && style.display !== 'none' && +style.opacity > 0.05;
  };
  const fixed = node => chain(node, 12).some(
    part => ['fixed', 'sticky'].includes(getComputedStyle(part).position));
  const rect = node => {
    const box = node.getBoundingClientRect();
    return {x: box.x, y: box.y, width: box.width, height: box.height};
  };
  const text = node => {
    if (node.nodeType === 3) return node.data;
    if (node.nodeType !== 1 && node.nodeType !== 11) return '';
    if (node.nodeType === 1) {
      if (['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'SVG', 'svg'].includes(node.tagName)) return '';
      const style = getComputedStyle(node);
      if (style.display === 'none' || style.visibility === 'hidden') return '';
    }
    const inner = node.shadowRoot || (window[Symbol.for('cxscout')]?.roots || []).find(r => r.host === node);
    const assigned = node.tagName === 'SLOT' ? node.assignedNodes() : [];
    const children = assigned.length ? assigned : (inner || node).childNodes;
    const block = node.nodeType === 1 && getComputedStyle(node).display !== 'inline';
    return [...children].map(text).join('') + (block ? '\n' : '');
  };
  const tidy = said => said.replace(/[ \t]+/g, ' ').replace(/\s*\n\s*/g, '\n').trim();
  const name = node => {
    const by = (node.getAttribute('aria-labelledby') || '').split(/\s+/).filter(Boolean)
      .map(id => node.getRootNode().getElementById?.(id)?.textContent || '').join(' ').trim();
    return (by || node.getAttribute('aria-label') || tidy(text(node)) || node.getAttribute('title')
      || node.getAttribute('alt') || node.querySelector?.('img[alt]')?.alt
      || node.querySelector?.('svg title')?.textContent || '').trim().slice(0, 160);
  };
  const called = node => [node.id, node.getAttribute('class'), node.tagName, node.getAttribute('name'),
    node.getAttribute('src')].filter(Boolean).join(' ').slice(0, 400);
  const all = (selector, root) => {
    const found = [...root.querySelectorAll(selector)];
    for (const tree of trees().slice(1))
      if (root === document || chain(tree.host, 40).includes(root)) found.push(...tree.querySelectorAll(selector));
    return found;
  };
  const CHAT = /chat|messag|messenger|support|help|assist|\bbot\b|launcher|talk|frage|hilfe|nachricht|ayuda|aide|pomoc/i;
  const NOT = /cookie|consent|scroll|back-?to-?top|share|whats-?app|accessib|newsletter|cart|search|menu/i;
  const marked = node => marks.some(mark => { try { return chain(node, 6).some(n => n.matches?.(mark)); } catch { return false; } });

  const launchers = () => {
    const found = [];
    const nodes = all('button, [role=button], a, iframe, summary, [onclick], [tabindex], '
      + '[class*=launcher i], [id*=launcher i], [class*=chat i], [id*=chat i]', document).slice(0, 3000);
    for (const node of nodes) {
      if (!visible(node) || !fixed(node)) continue;
      const box = rect(node);
      if (box.width < 20 || box.height < 20 || box.width > 420 || box.height > 190) continue;
      const link = node.tagName === 'A' && node.getAttribute('href');
      if (link && !/^(#|javascript:)/.test(link)) continue;
      const said = name(node), names = chain(node, 4).map(called).join(' ');
      if (NOT.test(said) || NOT.test(called(node))) continue;
      const isMarked = marked(node);
      const score = 4 * isMarked + 3 * CHAT.test(said) + 2 * CHAT.test(names)
        + (box.y > innerHeight / 2) + ['BUTTON', 'IFRAME', 'A'].includes(node.tagName);
      if (isMarked || CHAT.test(said) || CHAT.test(names)) found.push({node, score, said});
    }
    found.sort((a, b) => b.score - a.score);
    return found.slice(0, 1).map(({node, said}) => ({
      ...rect(node), tag: node.tagName.toLowerCase(), name: said, saysChat: CHAT.test(said), title: node.getAttribute('title') || '',
      keyboard: node.tabIndex >= 0, role: node.getAttribute('role') || '',
      where: node.tagName === 'IFRAME' ? 'iframe' : node.getRootNode() === document ? 'page' : 'shadow',
    }));
  };

  const describe = node => {
    const fields = all('input, textarea, select, [contenteditable=true], [role=textbox]', node)
      .filter(visible).slice(0, 30).map(field => ({
        kind: field.tagName === 'INPUT' ? field.type : field.tagName.toLowerCase(),
        says: [field.name, field.placeholder, field.getAttribute('aria-label'), field.id,
          field.labels?.[0]?.textContent].filter(Boolean).join(' ').slice(0, 160),
        required: !!field.required || field.getAttribute('aria-required') === 'true',
      }));
    const buttons = all('button, [role=button], a, input[type=button], input[type=submit]', node)
      .filter(visible).slice(0, 60).map(button => ({
        says: name(button) || button.value || '', href: button.href || '', box: rect(button)}));
    const pictures = all('img, [class*=avatar i]', node).filter(visible).slice(0, 20).map(picture => ({
      alt: picture.getAttribute('alt') || '', called: called(picture).slice(0, 120), ...rect(picture)}));
    return {text: tidy(text(node)).slice(0, 6000), fields, buttons, pictures,
      lang: node.closest('[lang]')?.lang || ''};
  };

  const panels = () => {
    const found = [];
    const nodes = all('iframe, div, section, aside, dialog, form, main, article, [role=dialog]', document);
    for (const node of nodes.slice(0, 6000)) {
      const box = node.getBoundingClientRect();
      if (box.width < 180 || box.height < 160 || !visible(node)) continue;
      const dialog = node.matches('[role=dialog], dialog');
      const style = getComputedStyle(node).position;
      if (node.tagName === 'IFRAME' ? !fixed(node) : !(dialog || style === 'fixed' || style === 'sticky'
        || (node.getRootNode() !== document && node.parentNode === node.getRootNode() && fixed(node)))) continue;
      const names = chain(node, 3).map(called).join(' ');
      if (/cookie|consent|onetrust|didomi|gdpr/i.test(names)) continue;
      const said = node.tagName === 'IFRAME' ? '' : tidy(text(node)).slice(0, 6000);
      found.push({iframe: node.tagName === 'IFRAME', box: rect(node), names: names.slice(0, 300), said, node,
        key: names.slice(0, 300) + '|' + Math.round(box.width) + 'x' + Math.round(box.height) + '|' + said.slice(0, 400),
        likely: CHAT.test(names) || marked(node)});
    }
    found.sort((a, b) => b.likely - a.likely || b.said.length - a.said.length);
    return found.slice(0, 8).map(({node, said, ...panel}) => panel.iframe ? panel
      : {...panel, ...describe(node),
         where: node.getRootNode() === document ? 'page' : 'shadow'});
  };

  if (what === 'launchers') return launchers();
  if (what === 'panels') return panels();
  return describe(document.body);
}
