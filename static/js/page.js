// What stands around the table: the state of the connection, the counts, the banner, the footer.

import { badge } from "./badge.js";
import { clock, count, visible } from "./format.js";

const by = (id) => document.getElementById(id);

/** The header, counts, banner and footer of the dashboard, and whether the table is paused. */
export class Page {
  paused = false;
  /** Whether the table is drawn only when the reader asks for it. */
  manual = false;
  /** Called when the pause ends. */
  onresume = () => {};
  /** Called when the reader does not want to wait for the next attempt to connect. */
  onretry = () => {};

  #connected = false;
  #lost = 0;
  #reason = "";
  #status = null;
  /** The machine's name. */
  host = "";
  #filter = "";
  #opened = 0;
  #closed = 0;
  #last = { opened: 0, closed: 0, short: 0 };
  #past = false;
  #newer = false;
  #ticking = 0;
  #held = "";
  #announced = "";
  #told = 0;
  #matched = -1;

  constructor() {
    by("pause").addEventListener("click", () => this.pause());
    by("retry").addEventListener("click", () => this.onretry());
  }

  hello(frame) {
    this.host = frame.host;
    this.#newer = frame.build !== document.body.dataset.build;
  }

  /** A frame came: what it says of the whole, and how many rows joined and left the view. */
  frame(status, opened = 0, closed = 0, short = 0) {
    this.#status = status;
    this.#last = { opened, closed, short };
    if (this.paused) {
      this.#opened += opened;
      this.#closed += closed;
    } else if (!this.#past) this.counts(status.counts, false);
    this.#show();
  }

  up() {
    this.#connected = true;
    clearInterval(this.#ticking);
  }

  down(reason) {
    if (this.#connected || this.#lost === 0) this.#lost = Date.now();
    this.#connected = false;
    this.#reason = reason;
    clearInterval(this.#ticking);
    this.#ticking = setInterval(() => this.#show(), 1000);
    this.#show();
  }

  /** Stops the table, or lets it go on; where it is drawn by hand, draws it once. */
  pause() {
    this.#stop(!this.paused || this.manual);
    if (!this.manual && this.paused) return;
    this.#resume();
  }

  /** Has the table drawn by hand from now on, or by itself. */
  byHand(manual) {
    if (manual === this.manual) return;
    this.manual = manual;
    this.#stop(manual);
    if (!manual) this.#resume();
  }

  #stop(paused) {
    this.paused = paused;
    this.#opened = this.#closed = 0;
    by("pause").setAttribute("aria-pressed", paused);
    write(by("pause").querySelector(".word"), this.manual ? "Update" : paused ? "Resume" : "Pause");
    this.#show();
  }

  #resume() {
    if (this.#status) this.counts(this.#status.counts, false);
    this.onresume();
  }

  /** Writes the counts of the states; those of the past while the pointer is on the chart. */
  counts(counts, past) {
    this.#past = past;
    const list = by("states");
    list.toggleAttribute("data-past", past);
    list.querySelectorAll("a").forEach((link, i) => {
      const n = counts[i] ?? 0;
      write(link.querySelector(".n"), count(n));
      link.classList.toggle("none", n === 0);
    });
  }

  /** Writes what depends on the rows: the tally, the notes, and why there are none. */
  table(store, filter, held) {
    const { matched, total, groups, notes } = store.status;
    write(by("matched"), count(matched));
    write(by("total"), count(total));
    write(by("groups"), groups ? `in ${count(groups)} group${groups > 1 ? "s" : ""}` : "");
    const list = by("notes");
    if (list.childElementCount !== notes.length || notes.some((n, i) => list.children[i].textContent !== n)) {
      list.replaceChildren(...notes.map((n) => Object.assign(document.createElement("li"), { textContent: n })));
      list.title = notes.join(" ");
    }
    this.#hold(held, store.moves);
    this.#tell(matched);
    this.#empty(matched === 0 && store.shown.length === 0, filter);
    this.#held = held;
    this.#filter = filter.text;
    this.#show();
  }

  /** Says how many rows would move, while they are held; it is a button that lets them. */
  #hold(held, moves) {
    const none = !held || held === "soon" || moves === 0;
    by("held").hidden = none;
    if (!none) write(by("held"), `${held === "sort" ? "Order" : "Rows"} held · ${count(moves)} would move — press S`);
  }

  /** Tells a screen reader how many rows there are, at times and not at each change. */
  #tell(matched) {
    const now = Date.now();
    if (now - this.#told < 10_000 || this.#matched === matched) return;
    if (this.#matched >= 0) write(by("announce"), `${count(matched)} connections`);
    this.#told = now;
    this.#matched = matched;
  }

  #empty(none, { text, encode }) {
    by("empty").hidden = !none;
    if (!none) return;
    const port = portOf(encode);
    write(by("lead"), text ? `No connection matches ${visible(text)}` : "This machine has no sockets that could be shown.");
    by("next").hidden = encode === "";
    write(by("clear"), `Clear the filter: ${count(this.#status.total)} without it`);
    by("ask").hidden = port === "";
    by("ask").href = `/ports/${port}`;
    write(by("ask"), `Look up port ${port}`);
  }

  #state() {
    if (!this.#connected) return "disconnected";
    if (this.paused) return "paused";
    return this.#status?.stale ? "stale" : "live";
  }

  #show() {
    if (!this.#status && this.#lost === 0) return;
    const state = this.#state();
    const words = {
      live: "Live", stale: "Stale", disconnected: "Disconnected",
      paused: `${this.manual ? "Manual" : "Paused"} · +${count(this.#opened)} −${count(this.#closed)}`,
    };
    document.body.dataset.state = state;
    write(by("status"), words[state]);
    this.#banner(state);
    this.#pulse(state);
    this.#badge(state);
    if (this.#announced !== "" && this.#announced !== state) write(by("announce"), words[state]);
    this.#announced = state;
  }

  #badge(state) {
    if (!this.#status) return;
    const waiting = document.querySelector('#states a[data-state="CLOSE_WAIT"]');
    const at = [...by("states").querySelectorAll("a")].indexOf(waiting);
    badge({ state, waiting: this.#status.counts[at] ?? 0, matched: this.#status.matched, filter: this.#filter, host: this.host });
  }

  /** Tells the reader something in passing. */
  say(text) {
    write(by("announce"), text);
  }

  #banner(state) {
    let text = "";
    if (state === "disconnected") {
      const since = Math.round((Date.now() - this.#lost) / 1000);
      const data = this.#status ? ` · last data ${clock(this.#status.at)}` : "";
      text = `Disconnected ${since} s ago${data}${this.#reason ? ` · ${visible(this.#reason)}` : ""}`;
      // The first second of a break is mostly over before it can be read.
      if (since < 1 && this.#status) text = "";
    } else if (this.#status?.stale) text = `${this.#status.stale.replace(/\.$/, "")} · rows of ${clock(this.#status.at)}`;
    else if (this.#newer) text = "Another build of sockeye runs here now: reload the page.";
    write(by("alarm"), text);
    by("alarm").title = text;
    by("banner").hidden = text === "";
    by("retry").hidden = state !== "disconnected";
  }

  #pulse(state) {
    if (!this.#status) return;
    const { at, interval, source } = this.#status;
    const every = interval < 1000 ? `${interval} ms` : `${interval / 1000} s`;
    const order = this.#held === "sort" ? " · order held, press s" : this.#held && this.#held !== "soon" ? " · rows held" : "";
    const { opened, closed, short } = this.#last;
    const brief = short > 0 ? ` · ${count(short)} too short to list` : "";
    const change = state === "live" ? ` · +${opened} −${closed}${brief}` : "";
    write(by("pulse"), `${clock(at)} · every ${every} · ${source}${change}${order}`);
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The first single port number of a view, "" where there is none. views/page.go does the same. */
function portOf(encode) {
  for (const [key, value] of new URLSearchParams(encode)) {
    if (/^[lr]?port$/.test(key) && /^\d+$/.test(value)) return value;
  }
  return "";
}
