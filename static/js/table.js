// The table as a whole: its window, columns, keys, look and pace, and when it is drawn.

import { Columns } from "./columns.js";
import { Grid } from "./grid.js";
import { lazy } from "./lazy.js";
import { Look } from "./look.js";
import { recall, remember } from "./memory.js";
import { Pace } from "./pace.js";
import { Walk } from "./walk.js";

const AGAIN = 500;
const LATE = 250; // how late a mark may go, so that it goes with the next picture where one comes
const SETTLED = 300;
const LINGER = 5;

const part = (id) => document.getElementById(id);

/**
 * Draws the store in the page, made of rows. `net()` is the connection; `drawn(awaiting)` is called after each picture, and told whether other rows are on their way.
 */
export class Table {
  grid;
  #store;
  #page;
  #filter;
  #rows;
  #net;
  #drawn;
  #look = new Look(document.body.dataset.encode);
  #columns;
  #walk;
  #pace;
  #view = { q: document.body.dataset.rows };
  #awaiting = true; // a snapshot is under way; changes before it belong to another window
  #answering = false; // it is an answer to the reader
  #turned = false; // it is of another view
  #forced = false; // the next picture answers the reader: pause and calm do not hold it back
  #holding = false; // the server leaves our rows where they are
  #drawing = 0;
  #last = 0;
  #waking = 0;
  #refreshing = 0;

  constructor({ store, page, filter, rows, net, drawn = () => {} }) {
    this.#store = store;
    this.#page = page;
    this.#filter = filter;
    this.#rows = rows;
    this.#net = net;
    this.#drawn = drawn;
    const body = part("rows");
    const ask = (window) => this.ask(window);
    this.grid = new Grid({ box: part("table"), body, rows, ask, stir: () => this.draw() });
    this.#columns = this.#makeColumns(body.parentElement);
    this.#walk = new Walk(this.grid, body, { open: (tr, leave) => this.open(tr, leave), close: () => this.#close() });
    this.#pace = new Pace(() => this.#paced());
    this.#makeChooser();
    filter.join = (encode) => (this.#look.selected(), this.#look.join(encode));
    store.keeps = (id) => this.grid.minds(id);
    part("held").addEventListener("click", () => this.sortNow());
    part("above").addEventListener("click", () => this.grid.top());
    this.#take(document.body.dataset.encode, true);
    this.grid.columns = orderedBy(this.#view.q);
    this.#paced();
  }

  /** Goes to the place the page was made for, and returns the view to connect with. */
  start() {
    const { offset, lines } = document.body.dataset;
    return (this.#view = { ...this.#view, ...this.grid.start(Number(offset), Number(lines)) });
  }

  /** Shows another view, of which the server has answered what it means; with `stay` at the same place. */
  turn(answer, stay) {
    this.#take(answer.encode);
    if (answer.rows === this.#view.q) return;
    this.#turned = !stay;
    if (stay) {
      this.ask({ ...this.grid.wanted(), q: answer.rows });
      return;
    }
    this.grid.top();
    this.ask({ limit: this.grid.wanted().limit, offset: 0, q: answer.rows });
  }

  /** Asks for another window, or another view. What is asked `quiet` is not drawn against the reader's calm. */
  ask({ q = this.#view.q, ...window }, quiet) {
    this.#view = { q, ...window };
    this.grid.columns = orderedBy(q);
    this.#awaiting = true;
    this.#answering ||= !quiet;
    this.#holding = false;
    this.#net().view(this.#view);
  }

  /** A connection begins; a snapshot comes next. It is no answer to the reader, and moves nothing that is held. */
  hello() {
    this.#awaiting = true;
    this.#holding = false;
  }

  /** Takes a whole window. */
  snap(frame) {
    this.#store.snap(frame, this.#turned);
    this.#forced ||= this.#answering;
    this.#awaiting = this.#answering = false;
    this.#pace.interval(frame.interval);
    this.draw();
  }

  /** Takes a change. Returns false where it belongs to another window, or frames are missing before it. */
  delta(frame) {
    if (this.#awaiting) return false;
    if (!this.#store.delta(frame, performance.now())) {
      this.#awaiting = true;
      this.#net().resync();
      return false;
    }
    this.#pace.interval(frame.interval);
    this.draw();
    return true;
  }

  /** The view that was asked for could not be read; that in force stays. */
  refused() {
    this.#awaiting = this.#answering = this.#turned = false;
  }

  /** Draws at the next frame of the screen; in a hidden tab, when it is seen again. With `force` also while paused. */
  draw(force = false) {
    this.#forced ||= force;
    this.#drawing ||= requestAnimationFrame(() => {
      this.#drawing = 0;
      if (this.#store.seq < 0 || this.#page.paused && !this.#forced) return;
      const now = performance.now();
      const wait = this.#last + this.#pace.period - now;
      if (wait > 0 && !this.#forced) this.#wake(wait);
      else this.#picture(now);
    });
  }

  /** Takes the order of the server now, though the reader is in the table. */
  sortNow() {
    if (this.#holding) this.ask(this.grid.wanted());
    else this.draw(true);
  }

  /** Goes up or down by rows, from the one that has the focus. */
  step(by) {
    this.#walk.step(by);
  }

  /** Opens the row that the reader is at. */
  openHere() {
    this.#walk.openHere();
  }

  /** Has the order of the rows stand still, or go on. */
  freeze() {
    this.grid.frozen = !this.grid.frozen;
    this.draw();
  }

  /** Selects a row by its id, "" for none; the URL has it. */
  select(id) {
    if (id === this.grid.selected && id === this.#look.selected()) return; // a link in the panel selects by the URL alone
    this.grid.selected = id;
    this.#look.set("sel", id);
    this.grid.refresh(this.#store);
  }

  /** Opens a row: `sockeye:open` asks for its panel. Where nobody shows one, `leave` goes to the page of the row. */
  open(tr, leave) {
    const { id } = tr.dataset;
    this.select(id);
    const taken = !document.dispatchEvent(new CustomEvent("sockeye:open", { detail: id, cancelable: true }));
    if (!taken && leave) location.assign(tr.querySelector("a").href);
    return taken || leave;
  }

  #close() {
    this.select("");
    document.dispatchEvent(new CustomEvent("sockeye:close"));
  }

  #picture(now) {
    this.#last = now;
    this.grid.selected = this.#look.selected();
    const next = this.#store.sweep(now);
    const held = this.grid.render(this.#store, now, this.#forced, this.#turned);
    this.#turned &&= !this.#forced;
    this.#forced = false;
    this.#walk.settle();
    if (held === "lost") this.#seek();
    else this.#hold(held !== "" && held !== "soon");
    this.#page.table(this.#store, this.#filter, held);
    part("above").hidden = this.grid.above <= 0;
    part("above").textContent = `+ ${this.grid.above} above`;
    this.#drawn(this.#awaiting);
    // A held order is looked at again soon: nothing tells when a selection ends.
    const wake = held ? Math.min(next, now + AGAIN) : next;
    if (wake < Infinity) this.#wake(Math.max(LATE, wake - now));
  }

  /** Asks for the window of the row that the reader has to do with. */
  #seek() {
    if (!this.#awaiting) this.ask(this.grid.seek(), true);
  }

  #wake(after) {
    clearTimeout(this.#waking);
    this.#waking = setTimeout(() => this.draw(), after);
  }

  /** Has the server leave our rows where they are, or asks for them as they are now. */
  #hold(on) {
    if (on === this.#holding || this.#awaiting) return;
    if (on) this.#net().hold();
    else this.ask(this.grid.wanted(), true);
    this.#holding = on;
  }

  #paced() {
    this.#page.byHand(this.#pace.manual);
    this.draw();
  }

  #makeColumns(table) {
    const all = [...part("row").content.querySelectorAll("td")].map((td) => td.dataset.col);
    const columns = new Columns(table, all, (text) => {
      this.#look.set("cols", text);
      clearTimeout(this.#refreshing);
      this.#refreshing = setTimeout(() => this.#filter.refresh(), SETTLED);
    });
    columns.onapply = () => {
      this.#rows.use(columns.shown);
      this.grid.adopt(this.#store);
    };
    return columns;
  }

  #makeChooser() {
    const linger = { value: recall("linger") || LINGER };
    this.#store.linger = linger.value * 1000;
    linger.set = (text) => {
      remember("linger", text);
      this.#store.linger = text * 1000;
    };
    const chooser = lazy(() => import("./chooser.js").then(({ Chooser }) => new Chooser(this.#columns, linger)));
    document.getElementById("columns").addEventListener("click", async () => {
      const dialog = await chooser();
      if (dialog) dialog.open();
      else this.#page.say("The server does not answer");
    });
  }

  /** Takes the columns, numbers and selection of a view; at first with the columns that are remembered. */
  #take(encode, first) {
    this.#look.read(encode);
    const cols = this.#look.get("cols");
    if (first || cols !== this.#columns.text()) this.#columns.read(cols, first);
    if (this.#columns.text() !== cols) this.#look.set("cols", this.#columns.text());
    this.#rows.numeric = this.#look.get("n") === "1";
    this.grid.selected = this.#look.get("sel");
    const other = new URLSearchParams(encode);
    if (this.#rows.numeric) other.delete("n");
    else other.set("n", "1");
    part("naming").textContent = this.#rows.numeric ? "Names" : "Numbers";
    part("naming").href = `/?${other}`;
    this.grid.refresh(this.#store);
  }
}

/** The columns a view is ordered by, none for the order without a word. */
function orderedBy(q) {
  return (new URLSearchParams(q).get("sort") ?? "").split(",").map((name) => name.replace(/^-/, ""));
}
