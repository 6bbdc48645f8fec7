// The table's window: keeps the rows in the document equal to the rows of the store, moves as few as it can, and asks
// for another window when the reader scrolls.

const OVERSCAN = 10;
const EDGE = 4;
const DEBOUNCE = 60;
const PATIENCE = 200;
const MOST = 200;
const ORDER_EVERY = 2_000;

/** Columns that change by themselves: an order by one of them would never hold still. */
const VOLATILE = new Set(["rx", "tx", "rxrate", "txrate", "rq", "sq", "rtt", "retr"]);

/**
 * The window over `body`, the tbody, in the scrolling `box` (or in the page, where the box does not scroll).
 * `ask(offset, limit)` is called when other rows are needed.
 */
export class Grid {
  #box;
  #body;
  #rows;
  #ask;
  #nodes = new Map();
  #offset = 0;
  #matched = 0;
  #limit = 0;
  #height = 28;
  #pressed = false;
  #scrolled = 0;
  #ordered = 0;
  #timer = 0;
  #since = 0;
  /** Whether the reader has frozen the rows in their places. */
  frozen = false;
  /** The column of the order, "" for the order without a word. */
  column = "";

  constructor({ box, body, rows, ask }) {
    this.#box = box;
    this.#body = body;
    this.#rows = rows;
    this.#ask = ask;
    for (const tr of body.querySelectorAll("tr[data-id]")) this.#nodes.set(tr.dataset.id, tr);
    const scrolled = () => this.#onScroll();
    box.addEventListener("scroll", scrolled, { passive: true });
    addEventListener("scroll", scrolled, { passive: true });
    addEventListener("resize", () => {
      this.#measure();
      this.#place();
      this.#onScroll();
    });
    body.addEventListener("pointerdown", () => (this.#pressed = true));
    for (const end of ["pointerup", "pointercancel", "blur"]) addEventListener(end, () => (this.#pressed = false));
    this.#measure();
  }

  /** Goes to the place the page was made for, and returns the window to start with. */
  start(offset, matched) {
    this.#offset = offset;
    this.#matched = matched;
    this.#place();
    if (offset > 0) this.#scrollBy(offset * this.#height);
    return this.wanted();
  }

  /** The window that the reader's place asks for: {offset, limit}. */
  wanted() {
    const { first, rows } = this.#visible();
    const limit = Math.min(MOST, rows + 2 * OVERSCAN);
    const offset = Math.max(0, Math.min(first - OVERSCAN, this.#matched - rows - OVERSCAN));
    return { offset, limit };
  }

  /** Scrolls to the first row, for another view. */
  top() {
    const { first } = this.#visible();
    if (first > 0) this.#scrollBy(-first * this.#height - this.#height);
  }

  /** Why the order is not touched now: "select", "sort", "soon" (it was a moment ago), or "" where it is. */
  held(now) {
    const selection = getSelection();
    if (this.#pressed || this.frozen) return "select";
    if (selection && !selection.isCollapsed && this.#body.contains(selection.anchorNode)) return "select";
    if (!VOLATILE.has(this.column)) return "";
    if (this.#body.matches(":hover") || this.#body.contains(document.activeElement)) return "sort";
    if (now - this.#scrolled < 1_000 && this.#scrolled > 0) return "sort";
    return now - this.#ordered < ORDER_EVERY ? "soon" : "";
  }

  /** Shows the store. With `force` the order is taken whatever the reader does: it is an answer to the reader. */
  render(store, now, force) {
    const held = force ? "" : this.held(now);
    if (held) this.#refresh(store);
    else this.#arrange(store, now, force);
    return held;
  }

  /** Writes values in place, moves nothing. */
  #refresh(store) {
    for (const [id, tr] of this.#nodes) {
      const row = store.row(id);
      if (row) this.#rows.fill(tr, row, store.status.at, store.mark(id));
    }
  }

  #arrange(store, now, force) {
    const anchor = force ? null : this.#anchor(store);
    this.#offset = store.offset;
    this.#matched = store.status.matched;
    this.#limit = store.shown.length;
    const before = this.#before();
    for (const [id, tr] of this.#nodes) {
      if (store.row(id)) continue;
      tr.remove();
      this.#nodes.delete(id);
    }
    const moved = arrange(this.#body, store.shown.map((id) => this.#node(id, store)), before);
    if (moved) this.#ordered = now;
    this.#place();
    if (anchor) this.#scrollBy(anchor.tr.getBoundingClientRect().top - anchor.top);
    // An answer can be of a place that is not there any more; another one is asked for only if it would differ.
    if (!force || this.wanted().offset !== this.#offset) this.#onScroll(true);
  }

  #before() {
    return [...this.#body.children];
  }

  #node(id, store) {
    let tr = this.#nodes.get(id);
    if (!tr) this.#nodes.set(id, (tr = this.#rows.make(id)));
    this.#rows.fill(tr, store.row(id), store.status.at, store.mark(id));
    return tr;
  }

  /** The first row in sight that stays, so that what is read does not move when rows come above it. */
  #anchor(store) {
    if (this.#visible().first === 0) return null;
    const edge = this.#region().top;
    for (const tr of this.#body.children) {
      const { top } = tr.getBoundingClientRect();
      if (top >= edge && store.row(tr.dataset.id)) return { tr, top };
    }
    return null;
  }

  /** Sets the space that stands for the rows that are not in the document. */
  #place() {
    const below = Math.max(0, this.#matched - this.#offset - this.#nodes.size);
    const above = Math.min(this.#offset, Math.max(0, this.#matched - this.#nodes.size));
    this.#body.style.paddingBlockStart = `${above * this.#height}px`;
    this.#body.style.paddingBlockEnd = `${below * this.#height}px`;
    this.#body.parentElement.setAttribute("aria-rowcount", this.#matched + 1);
    let index = this.#offset + 2;
    for (const tr of this.#body.children) tr.setAttribute("aria-rowindex", index++);
  }

  #measure() {
    this.#height = parseFloat(getComputedStyle(this.#body).getPropertyValue("--row")) || 28;
  }

  #scrolls() {
    return getComputedStyle(this.#box).overflowY === "auto";
  }

  #scrollBy(y) {
    if (Math.abs(y) < 1) return;
    (this.#scrolls() ? this.#box : window).scrollBy({ top: y, behavior: "instant" });
  }

  /** The part of the screen in which rows are seen. */
  #region() {
    if (!this.#scrolls()) return { top: 0, bottom: innerHeight };
    const { top, bottom } = this.#box.getBoundingClientRect();
    return { top: top + this.#body.previousElementSibling.offsetHeight, bottom };
  }

  #visible() {
    const region = this.#region();
    const top = this.#body.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor((region.top - top) / this.#height));
    const rows = Math.ceil(Math.max(0, region.bottom - Math.max(region.top, top)) / this.#height) + 1;
    return { first, rows };
  }

  #onScroll(quiet = false) {
    const now = performance.now();
    if (!quiet) this.#scrolled = now;
    if (!this.#lacks()) return;
    // Waits for the end of a movement, but not for ever.
    if (!this.#timer) this.#since = now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      if (!this.#lacks()) return;
      const { offset, limit } = this.wanted();
      this.#ask(offset, limit);
    }, Math.max(0, Math.min(DEBOUNCE, this.#since + PATIENCE - now)));
  }

  /** Whether rows that are in sight, or nearly, are not in the window. */
  #lacks() {
    const { first, rows } = this.#visible();
    const last = Math.min(this.#matched, first + rows + EDGE);
    return Math.max(0, first - EDGE) < this.#offset || last > this.#offset + this.#limit;
  }
}

/** Makes the children of a parent equal to `wanted` with the fewest moves. Returns whether an old row was moved. */
function arrange(parent, wanted, before) {
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
