// The columns of the table: which, in what order, how wide. The header changes them by pointer and by keyboard.

import { recall, remember } from "./memory.js";

const LEAST = 40;
const MOST_WIDE = 1200;
const STEP_WIDE = 8;
const MARK = 24;
const DRAG = 6;

/** The columns of `table`; `changed(text)` is called when the reader has changed them. */
export class Columns {
  /** The names of the columns shown, from left to right. */
  shown = [];
  /** Widths in pixels by name, of those that have one. */
  widths = {};
  #table;
  #heads = new Map();
  #usual;
  #all;
  #changed;
  /** Called when the columns are others, whoever has changed them. */
  onapply = () => {};

  constructor(table, all, changed) {
    this.#table = table;
    this.#changed = changed;
    for (const th of table.querySelectorAll("th[data-least]")) this.#heads.set(th.dataset.col, th);
    this.#all = all.filter((name) => this.#heads.has(name));
    this.#usual = this.#all.filter((name) => "shown" in this.#heads.get(name).dataset);
    for (const th of this.#heads.values()) th.append(grip(th));
    const head = table.tHead;
    head.addEventListener("pointerdown", (event) => this.#drag(event));
    head.addEventListener("keydown", (event) => this.#key(event));
    head.addEventListener("focusin", (event) => this.#rove(event.target.closest("th")));
    head.addEventListener("dragstart", (event) => event.preventDefault());
    head.addEventListener("dblclick", (event) => {
      if (event.target.role === "separator") this.width(event.target.parentElement.dataset.col, 0);
    });
  }

  /** Takes the columns of a URL; without any, those remembered where `first`, and else the usual ones. */
  read(text, first) {
    this.shown = [];
    this.widths = {};
    for (const item of (text || (first ? recall("cols") : "")).split(",")) {
      const [name, width] = item.split(":");
      if (!this.#heads.has(name) || this.shown.includes(name)) continue;
      this.shown.push(name);
      if (width >= LEAST && width <= MOST_WIDE) this.widths[name] = Number(width);
    }
    if (this.shown.length === 0) this.shown = [...this.#usual];
    this.#apply();
  }

  /** The columns as the URL has them, "" for the usual ones. */
  text() {
    const text = this.shown.map((name) => (this.widths[name] ? `${name}:${this.widths[name]}` : name)).join(",");
    return text === this.#usual.join(",") ? "" : text;
  }

  /** All columns, those shown first. */
  all() {
    return [...this.shown, ...this.#all.filter((name) => !this.shown.includes(name))];
  }

  /** The heading of a column. */
  head(name) {
    return this.#heads.get(name);
  }

  /** Shows or hides a column; one is always left. */
  show(name, on) {
    const rest = this.shown.filter((other) => other !== name);
    if (on) rest.push(name);
    if (rest.length > 0) this.shown = rest;
    this.#take();
  }

  /** Moves a column to the place of another. */
  move(name, to) {
    const from = this.shown.indexOf(name);
    if (from < 0 || to < 0 || to >= this.shown.length || from === to) return;
    this.shown.splice(to, 0, ...this.shown.splice(from, 1));
    this.#take();
  }

  /** Sets a width in pixels; 0 leaves it to the page. */
  width(name, pixels) {
    if (pixels) this.widths[name] = Math.round(Math.min(MOST_WIDE, Math.max(LEAST, pixels)));
    else delete this.widths[name];
    this.#take();
  }

  /** Takes the usual columns. */
  reset() {
    this.shown = [...this.#usual];
    this.widths = {};
    this.#take();
  }

  #take() {
    this.#apply();
    remember("cols", this.text());
    this.#changed(this.text());
  }

  #apply() {
    const tracks = [`${MARK}px`];
    let least = MARK;
    const row = this.#table.tHead.rows[0];
    const focused = row.contains(document.activeElement) ? document.activeElement : null;
    for (const name of this.all()) {
      const th = this.#heads.get(name);
      row.append(th);
      th.hidden = !this.shown.includes(name);
      if (th.hidden) continue;
      const width = this.widths[name];
      const { least: own, grow } = th.dataset;
      tracks.push(width || grow === "0" ? `${width ?? own}px` : `minmax(${own}px,${grow}fr)`);
      least += width ?? Number(own);
    }
    focused?.focus();
    this.#table.style.setProperty("--cols", tracks.join(" "));
    this.#table.style.setProperty("--least", `${least}px`);
    this.#rove(focused?.closest("th") ?? this.#heads.get(this.shown[0]));
    this.onapply();
  }

  /** One heading can be reached by Tab, with its grip; the arrows lead to the others. */
  #rove(th) {
    const line = th?.querySelector("[role=separator]");
    if (!line) return;
    for (const other of this.#heads.values()) for (const e of other.children) e.tabIndex = other === th ? 0 : -1;
    line.setAttribute("aria-valuenow", this.widths[th.dataset.col] ?? Math.round(th.offsetWidth));
  }

  #key(event) {
    const th = event.target.closest("th");
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!th || !step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const name = th.dataset.col;
    const at = this.shown.indexOf(name);
    if (event.target.role === "separator") this.width(name, (this.widths[name] ?? th.offsetWidth) + step * STEP_WIDE);
    else if (event.shiftKey) this.move(name, at + step);
    else this.#heads.get(this.shown[at + step])?.querySelector("a").focus();
    this.#rove(document.activeElement.closest("th"));
  }

  /** Follows the pointer from a heading: its line sets the width, the heading itself its place. */
  #drag(event) {
    const th = event.target.closest("th[data-least]");
    if (!th || event.button !== 0 || event.pointerType === "touch" && event.target.role !== "separator") return;
    const sizes = event.target.role === "separator";
    const { clientX } = event;
    const width = th.offsetWidth;
    let dragged = false;
    const move = (e) => {
      if (!dragged && Math.abs(e.clientX - clientX) < (sizes ? 1 : DRAG)) return;
      dragged = true;
      if (sizes) this.width(th.dataset.col, width + e.clientX - clientX);
      else this.#pull(th, e.clientX);
    };
    const up = () => {
      removeEventListener("pointermove", move);
      // The click that ends a movement is no wish for another order.
      const swallow = (e) => (e.preventDefault(), e.stopPropagation());
      if (dragged) addEventListener("click", swallow, { capture: true, once: true });
      setTimeout(() => removeEventListener("click", swallow, { capture: true }));
    };
    if (sizes) event.preventDefault();
    addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, up, { once: true });
  }

  /** Puts a heading where the pointer is, past the middle of others. */
  #pull(th, x) {
    const others = this.shown.filter((name) => name !== th.dataset.col);
    const to = others.findIndex((name) => {
      const { left, width } = this.#heads.get(name).getBoundingClientRect();
      return x < left + width / 2;
    });
    this.move(th.dataset.col, to < 0 ? others.length : to);
  }
}

/** The line at the end of a heading by which its width is set. */
function grip(th) {
  const line = document.createElement("span");
  line.className = "grip";
  line.role = "separator";
  line.ariaOrientation = "vertical";
  line.ariaLabel = `Width of ${th.textContent.trim()}`;
  line.ariaValueNow = th.dataset.least;
  line.ariaValueMin = LEAST;
  line.ariaValueMax = MOST_WIDE;
  return line;
}
