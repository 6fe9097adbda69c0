// Clicks the first visible button of the first wall that stands there; returns its platform,
// '' when none of the walls has such a button, and null when there is no wall.
(rows, answer) => {
  const deep = (selector, root = document) => {
    const found = [...root.querySelectorAll(selector)];
    for (const host of root.querySelectorAll('#usercentrics-root, #usercentrics-cmp-ui'))
      if (host.shadowRoot) found.push(...deep(selector, host.shadowRoot));
    return found;
  };
  const visible = node => {
    const box = node.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && getComputedStyle(node).visibility !== 'hidden';
  };
  // After the answer: the click may take away the frame that gives it.
  const click = node => setTimeout(() => node.click());
  let stands = false;
  for (const row of rows) {
    const walls = deep(row.seen).filter(visible);
    if (!walls.length) continue;
    stands = true;
    for (const selector of row[answer] || []) {
      const button = deep(selector).find(visible);
      if (button) { click(button); return row.platform; }
    }
    const words = row['words_' + answer];
    if (!words) continue;
    for (const wall of walls) {
      for (const node of wall.querySelectorAll('button, a, [role=button], input[type=button]')) {
        const says = (node.innerText || node.value || '').trim().toLowerCase();
        if (visible(node) && words.includes(says)) { click(node); return row.platform; }
      }
    }
  }
  return stands ? '' : null;
}
