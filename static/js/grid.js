// The table's window: keeps the rows in the document equal to the rows of the store, moves as few as it can, and asks
// for another window when the reader scrolls.

import { arrange } from "./moves.js";
import { isParked, park, unpark } from "./parking.js";
import { Selecting } from "./selecting.js";
import { Sight } from "./sight.js";

const OVERSCAN = 10;
const AHEAD = 60; // rows more in the direction of a movement
const EDGE = 4;
const DEBOUNCE = 60;
const PATIENCE = 80;
const MOVING = 300;
const MOST = 200;
const ORDER_EVERY = 2_000;

/** Columns that change by themselves: an order by one of them would never hold still. */
const VOLATILE = new Set(["rx", "tx", "rxrate", "txrate", "rq", "sq", "rtt", "retr", "drops", "spark"]);

/**
 * The window over `body`, the tbody, in the scrolling `box` (or in the page, where the box does not scroll).
 * `ask(window)` is called when other rows are needed, `stir()` when the reader comes or goes.
 */
export class Grid {
  #body;
  #rows;
  #ask;
  #nodes = new Map();
  #offset = 0;
  #matched = 0;
  #limit = 0;
  #sight;
  #selecting;
  #scrolled = 0;
  #ordered = 0;
  #timer = 0;
  #since = 0;
  #sought = "";
  #direction = 0;
  #back = 0;
  /** The columns of the order, none for the order without a word. */
  columns = [];
  /** The id of the row that the reader has selected, "" for none. */
  selected = "";
  /** Whether the reader wants the order to stand still. */
  frozen = false;
  /** How many rows more there are above those in sight than when the reader was last at the top. */
  above = 0;

  constructor({ box, body, rows, ask, stir }) {
    this.#body = body;
    this.#sight = new Sight(box, body);
    this.#rows = rows;
    this.#ask = ask;
    for (const tr of body.querySelectorAll("tr[data-id]")) this.#nodes.set(tr.dataset.id, tr);
    for (const one of [box, window]) one.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    addEventListener("resize", () => {
      this.#sight.measure();
      this.#place();
      this.#onScroll();
    });
    this.#selecting = new Selecting(body);
    for (const sign of ["pointerenter", "pointerleave", "focusin", "focusout"]) body.addEventListener(sign, stir);
  }

  /** Goes to the place the page was made for; returns the window to start with. */
  start(offset, matched) {
    this.#offset = offset;
    this.#matched = matched;
    this.#place();
    if (offset > 0) this.#sight.scrollBy(offset * this.#sight.height);
    return this.wanted();
  }

  /** The window that the reader's place asks for: {offset, limit}, and with a row to hold on to {anchor, above}. */
  wanted() {
    const { first, rows } = this.#sight.rows();
    const moving = this.#moving();
    const limit = Math.min(MOST, rows + 2 * OVERSCAN + (moving ? AHEAD : 0));
    const behind = OVERSCAN + (moving < 0 ? AHEAD : 0);
    const offset = Math.max(0, Math.min(first - behind, this.#matched - rows - OVERSCAN));
    if (offset === 0 || this.volatile()) return { offset, limit };
    const above = Math.min(first - offset, limit - 1);
    const tr = this.at(first);
    return !tr || tr.matches(".closed, .group") ? { offset, limit, above } : { offset, limit, above, anchor: tr.dataset.id };
  }

  /** Whether the order is by something that changes by itself. */
  volatile() {
    return this.columns.some((name) => VOLATILE.has(name));
  }

  /** Scrolls to the first row. */
  top() {
    const { first } = this.#sight.rows();
    if (first > 0) this.#sight.scrollBy(-(first + 1) * this.#sight.height);
  }

  /** How many rows the view has, and how many of them fit the screen. */
  size() {
    const { first, rows } = this.#sight.rows();
    return { count: this.#matched, page: Math.max(1, rows - 2), first };
  }

  /** The row at a place in the view, undefined where it is not in the window. */
  at(index) {
    return this.#children()[index - this.#offset];
  }

  /** The place of a row in the view. */
  place(tr) {
    return Number(tr.getAttribute("aria-rowindex")) - 2;
  }

  /** Scrolls a place into sight and returns its row, undefined where that is yet to come. */
  reveal(index) {
    const { first, rows, hidden } = this.#sight.rows();
    const whole = rows - 2;
    if (index < first || index === first && hidden > 0) this.#sight.scrollBy((index - first) * this.#sight.height - hidden);
    else if (index >= first + whole) this.#sight.scrollBy((index - first - whole + 1) * this.#sight.height);
    return this.at(index);
  }

  /** Why the order is not touched now: "select", "sort", "soon" (it was a moment ago), or "" where it is. */
  held(now) {
    if (this.#selecting.on) return "select";
    if (this.frozen) return "sort";
    if (!this.volatile()) return "";
    if (this.#body.matches(":hover") || this.#body.querySelector(":focus-visible")) return "sort";
    if (now - this.#scrolled < 1_000 && this.#scrolled > 0) return "sort";
    return now - this.#ordered < ORDER_EVERY ? "soon" : "";
  }

  /** Whether the reader has to do with a row: it is selected, under the pointer, or has the focus. */
  minds(id) {
    const tr = this.#nodes.get(id);
    return id === this.selected || (tr?.matches(":hover, :focus-visible, :has(:focus-visible)") ?? false);
  }

  /** Shows the store. With `force` the order is taken whatever the reader does: it is an answer to the reader. In another view no row is held on to. */
  render(store, now, force, turned) {
    const stands = !force && !turned && this.#stands(store);
    const held = force ? "" : this.held(now) || (stands ? "" : this.#jump(store));
    if (held || stands) this.refresh(store);
    else this.#arrange(store, now, force, turned);
    return held;
  }

  /** Writes values in place, moves nothing. */
  refresh(store) {
    for (const [id, tr] of this.#nodes) if (store.row(id)) this.#fill(tr, id, store);
  }

  /** Draws every row anew, after the columns have changed. */
  adopt(store) {
    for (const tr of this.#nodes.values()) this.#rows.adopt(tr);
    this.refresh(store);
  }

  /** The window that has the row under the pointer or the focus, which many others have pushed out of ours. */
  seek() {
    const tr = this.#under();
    this.#sought = tr?.dataset.id;
    const { offset, limit } = this.wanted();
    return { offset, limit, ...(tr && !tr.matches(".group") && { anchor: tr.dataset.id, above: Math.min(limit - 1, Math.max(0, this.place(tr) - offset)) }) };
  }

  /** "jump" where the row under the pointer or the focus would move, because the page cannot scroll along; "lost" where it is not in the window. */
  #jump(store) {
    const tr = this.#under();
    if (!tr) return "";
    const at = store.shown.indexOf(tr.dataset.id);
    if (at < 0) return this.#sought === tr.dataset.id ? "jump" : "lost";
    this.#sought = "";
    const move = (store.offset + at - this.place(tr)) * this.#sight.height;
    const more = (store.status.lines - this.#matched) * this.#sight.height;
    return this.#sight.back() + move < 0 || (move > 0 && move > this.#sight.ahead() + more) ? "jump" : "";
  }

  /** The row under the pointer, or else the one with the focus, where it is in sight. */
  #under() {
    const tr = this.#body.querySelector("tr:hover") ?? this.#body.querySelector("tr:is(:focus-visible, :has(:focus-visible)):not([data-parked])");
    if (!tr) return null;
    const { first, rows } = this.#sight.rows();
    return this.place(tr) >= first && this.place(tr) < first + rows ? tr : null;
  }

  #fill(tr, id, store) {
    this.#rows.fill(tr, store.row(id), store.status.at, store.mark(id), store.changed(id), id === this.selected);
  }

  /** Whether the store has the very rows that are here, in their order: then nothing is measured, which costs a layout. */
  #stands(store) {
    if (this.above > 0 || this.#offset !== store.offset || this.#matched !== store.status.lines) return false;
    const rows = this.#children();
    const same = rows.length === store.shown.length && rows.every((tr, i) => tr.dataset.id === store.shown[i]);
    if (same && store.row(this.#sought)) this.#sought = "";
    return same;
  }

  #arrange(store, now, force, turned) {
    const anchor = turned ? null : this.#anchor(store, force);
    const rank = anchor && this.place(anchor.tr);
    this.#offset = store.offset;
    this.#matched = store.status.lines;
    this.#limit = store.shown.length;
    for (const [id, tr] of this.#nodes) if (!store.row(id)) this.#drop(id, tr, turned);
    const moved = arrange(this.#body, store.shown.map((id) => this.#node(id, store)), this.#children());
    if (moved) this.#ordered = now;
    this.#place();
    if (anchor) {
      this.#sight.scrollBy(anchor.tr.getBoundingClientRect().top - anchor.top);
      this.above += this.place(anchor.tr) - rank;
    }
    if (this.#sight.rows().first === 0 || turned) this.above = 0;
    // An answer can be of a place that is not there any more; another one is asked for only if it would differ.
    if (!force || this.wanted().offset !== this.#offset) this.#onScroll(true);
  }

  /** Takes a row out; one that has the focus stays where it is, outside of the window. */
  #drop(id, tr, turned) {
    if (!turned && tr.contains(document.activeElement)) {
      park(tr, this.place(tr) * this.#sight.height, () => this.#drop(id, tr));
      return;
    }
    tr.remove();
    this.#nodes.delete(id);
  }

  /** The rows of the window, without one that is parked. */
  #children() {
    return [...this.#body.children].filter((tr) => !isParked(tr));
  }

  #node(id, store) {
    let tr = this.#nodes.get(id);
    if (!tr) this.#nodes.set(id, (tr = this.#rows.make(id, store.row(id))));
    else if (isParked(tr)) unpark(tr);
    this.#fill(tr, id, store);
    return tr;
  }

  /** The row that is not to move when others come and go: that of the reader, or the first in sight that stays. */
  #anchor(store, force) {
    const under = force ? null : this.#under();
    if (under) return { tr: under, top: under.getBoundingClientRect().top };
    const { first } = this.#sight.rows();
    const edge = this.#sight.region().top;
    const tr = first > 0 && this.#children().find((one) => one.getBoundingClientRect().top >= edge && store.row(one.dataset.id));
    return tr ? { tr, top: tr.getBoundingClientRect().top } : null;
  }

  /** Sets the space that stands for the rows that are not in the document. */
  #place() {
    const children = this.#children();
    const below = Math.max(0, this.#matched - this.#offset - children.length);
    const above = Math.min(this.#offset, Math.max(0, this.#matched - children.length));
    this.#body.style.paddingBlockStart = `${above * this.#sight.height}px`;
    this.#body.style.paddingBlockEnd = `${below * this.#sight.height}px`;
    this.#body.parentElement.setAttribute("aria-rowcount", this.#matched + 1);
    let index = this.#offset + 2;
    for (const tr of children) if (this.place(tr) + 2 !== index++) tr.setAttribute("aria-rowindex", index - 1);
  }

  #onScroll(quiet = false) {
    const now = performance.now();
    if (!quiet) {
      const at = this.#sight.back();
      this.#direction = Math.sign(at - this.#back) || this.#direction;
      this.#back = at;
      this.#scrolled = now;
    }
    if (!this.#lacks()) return;
    // Waits for the end of a movement, but not for ever.
    if (!this.#timer) this.#since = now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      if (this.#lacks()) this.#ask(this.wanted());
    }, Math.max(0, Math.min(DEBOUNCE, this.#since + PATIENCE - now)));
  }

  /** The direction of a movement that goes on: 1 down, -1 up, 0 where there is none. */
  #moving() {
    return this.#scrolled > 0 && performance.now() - this.#scrolled < MOVING ? this.#direction : 0;
  }

  /** Whether rows that are in sight, or soon will be, are not in the window. */
  #lacks() {
    const { first, rows } = this.#sight.rows();
    const moving = this.#moving();
    const last = Math.min(this.#matched, first + rows + (moving > 0 ? AHEAD / 2 : EDGE));
    return Math.max(0, first - (moving < 0 ? AHEAD / 2 : EDGE)) < this.#offset || last > this.#offset + this.#limit;
  }
}
