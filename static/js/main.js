// Wires the page: the connection feeds the store, the store feeds the table and the chart, at most once a frame of the
// screen.

import { Chart } from "./chart.js";
import { Filter } from "./filter.js";
import { Grid } from "./grid.js";
import { inspect } from "./inspect.js";
import { Net } from "./net.js";
import { Page } from "./page.js";
import { Rows } from "./rows.js";
import { Saved } from "./saved.js";
import { Store } from "./store.js";
import "./theme.js";

const element = (id) => document.getElementById(id);
const store = new Store();
const page = new Page();
const chart = new Chart(element("chart"), (counts) => page.counts(counts ?? store.status.counts, counts !== null));
const rows = new Rows(element("row"), document.querySelector("#table thead"));
const grid = new Grid({ box: element("table"), body: element("rows"), rows, ask: (offset, limit) => ask({ offset, limit }) });
const filter = new Filter((encode) => {
  grid.top();
  ask({ ...grid.wanted(), offset: 0, q: encode });
});

let view = { q: filter.encode, ...grid.start(Number(document.body.dataset.offset), Number(document.body.dataset.matched)) };
let awaiting = true; // a snapshot is under way; changes before it belong to another window
let forced = true; // the next picture answers the reader: pause and calm do not hold it back
let drawing = 0;
let waking = 0;

/** Asks for another window, or another view. */
function ask(change) {
  view = { ...view, ...change };
  grid.column = orderedBy(view.q);
  awaiting = true;
  net.view(view);
}

/** The column a view is ordered by first, "" for the order without a word. */
function orderedBy(q) {
  return new URLSearchParams(q).get("sort")?.split(",")[0].replace(/^-/, "") ?? "";
}

/** Draws at the next frame of the screen; in a hidden tab, when it is seen again. */
function draw() {
  drawing ||= requestAnimationFrame(() => {
    drawing = 0;
    if (page.paused && !forced) return;
    const now = performance.now();
    const next = store.sweep(now);
    const held = grid.render(store, now, forced);
    forced = false;
    page.table(store, filter, held);
    clearTimeout(waking);
    // A held order is looked at again soon: nothing tells when a selection ends.
    const wake = held ? Math.min(next, now + 500) : next;
    if (wake < Infinity) waking = setTimeout(draw, Math.max(0, wake - now));
  });
}

/** Takes the order of the server now, though the reader is in the table. */
function sortNow() {
  forced = true;
  draw();
}

const net = new Net({
  hello(frame) {
    store.hello(frame);
    chart.hello(frame.states);
    page.hello(frame);
    awaiting = true;
  },
  snap(frame) {
    store.snap(frame);
    chart.snap(frame.history);
    forced ||= awaiting;
    awaiting = false;
    page.frame(store.status);
    draw();
  },
  delta(frame) {
    if (awaiting) return;
    if (!store.delta(frame, performance.now())) {
      awaiting = true;
      net.resync();
      return;
    }
    chart.held = page.paused;
    chart.add(frame.at, frame.counts, frame.gap);
    page.frame(store.status, frame.since?.length, frame.closed?.length, frame.short);
    draw();
  },
  error(frame) {
    awaiting = false;
    filter.problem(frame.text);
  },
  up: () => page.up(),
  down: (reason) => page.down(reason),
});

grid.column = orderedBy(view.q);
page.onresume = () => {
  chart.draw();
  draw();
};
page.onretry = () => net.retry();
net.open(view);
new Saved(() => filter.encode);
inspect();

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "Escape" && typing) event.target.blur();
  if (typing || event.repeat) return;
  if (event.key === "/") filter.focus();
  else if (event.key === "p") page.pause();
  else if (event.key === "s") sortNow();
  else return;
  event.preventDefault();
});
