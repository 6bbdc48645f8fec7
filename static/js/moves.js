// The fewest moves that put the children of an element in another order.

/** Makes the children of a parent equal to `wanted`, where `before` are those it has. Returns whether an old one was moved. */
export function arrange(parent, wanted, before) {
  const place = new Map(before.map((node, i) => [node, i]));
  const old = wanted.filter((node) => place.has(node) && node.parentNode === parent);
  const keep = new Set(rising(old.map((node) => place.get(node))).map((i) => old[i]));
  let next = null;
  for (let i = wanted.length - 1; i >= 0; i--) {
    const node = wanted[i];
    if (!keep.has(node)) put(parent, node, next);
    next = node;
  }
  return keep.size < old.length;
}

/** Moves a node without losing its state where the browser can, else gives the focus back afterwards. */
function put(parent, node, next) {
  if (node.isConnected && parent.moveBefore) {
    parent.moveBefore(node, next);
    return;
  }
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  parent.insertBefore(node, next);
  focused?.focus({ preventScroll: true });
}

/** The indexes of a longest rising subsequence. */
function rising(values) {
  const tails = [];
  const from = [];
  values.forEach((value, i) => {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[tails[middle]] < value) low = middle + 1;
      else high = middle;
    }
    from[i] = low > 0 ? tails[low - 1] : -1;
    tails[low] = i;
  });
  const found = [];
  for (let i = tails.at(-1) ?? -1; i >= 0; i = from[i]) found.push(i);
  return found.reverse();
}
