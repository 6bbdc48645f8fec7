// Wires the page: the connection feeds the store, the store feeds the table and the chart, at most once a frame of the
// screen.

import { Charts } from "./charts.js";
import { Facets } from "./facets.js";
import { Filter } from "./filter.js";
import { Grid } from "./grid.js";
import { Keys, chosenRow, copyText, tellTable } from "./keys.js";
import { inspect } from "./inspect.js";
import { Net } from "./net.js";
import { Page } from "./page.js";
import { Palette } from "./palette.js";
import { savePicture } from "./picture.js";
import { Rows } from "./rows.js";
import { Sparks } from "./spark.js";
import { Saved } from "./saved.js";
import { Store } from "./store.js";
import "./theme.js";

const element = (id) => document.getElementById(id);
const store = new Store();
const page = new Page();
const charts = new Charts((counts) => page.counts(counts ?? store.status.counts, counts !== null));
const rows = new Rows(element("row"), document.querySelector("#table thead"));
const grid = new Grid({ box: element("table"), body: element("rows"), rows, ask: (offset, limit) => ask({ offset, limit }) });
const sparks = new Sparks();
const filter = new Filter((encode) => {
  charts.period.keep();
  grid.top();
  ask({ ...grid.wanted(), offset: 0, q: encode });
});

const facets = new Facets((search) => filter.go(search));

let view = { q: filter.encode, ...grid.start(Number(document.body.dataset.offset), Number(document.body.dataset.matched)) };
let awaiting = true; // a snapshot is under way; changes before it belong to another window
let forced = true; // the next picture answers the reader: pause and calm do not hold it back
let drawing = 0;
let waking = 0;
let printing = false; // the picture under way is for paper

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
    sparks.draw(element("rows"));
    page.table(store, filter, held);
    if (printing && !awaiting) setTimeout(print);
    printing &&= awaiting;
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
    charts.hello(frame.states);
    page.hello(frame);
    awaiting = true;
    net.facets();
  },
  facets: (frame) => facets.show(frame),
  snap(frame) {
    store.snap(frame);
    charts.snap(frame.history);
    sparks.sample(store);
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
    charts.held = page.paused;
    charts.add(frame);
    sparks.sample(store);
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
  charts.draw();
  draw();
};
page.onretry = () => net.retry();
net.open(view);
new Saved(() => filter.encode);
inspect();

/** One line that says what is shown, for paper and pictures. */
function caption() {
  return [page.host, filter.text ? `filter ${filter.text}` : "no filter", charts.words()].join(" · ");
}

/** Prints, with as many rows as a window can have. */
function printAll() {
  printing = store.status.matched > store.shown.length;
  if (printing) ask({ offset: 0, limit: 200 });
  else print();
}

const body = element("rows");
const keys = new Keys({
  filter: () => filter.focus(),
  down: () => tellTable(body, "move", { by: 1 }),
  up: () => tellTable(body, "move", { by: -1 }),
  open: () => tellTable(body, "open"),
  pause: () => page.pause(),
  sort: sortNow,
  freeze: () => tellTable(body, "freeze"),
  copy() {
    const row = chosenRow(body);
    copyText(row ? [...row.cells].map((cell) => cell.textContent.trim()).join("\t") : location.href);
    page.say(row ? "Row copied" : "Link copied");
  },
  earlier: () => charts.period.go("earlier"),
  later: () => charts.period.go("later"),
  live: () => charts.period.go("live"),
  palette: () => palette.open(),
  numbers: () => element("numbers").showPopover(),
  picture: () => savePicture(caption(), charts.pictures()),
  print: printAll,
  theme: () => element("theme").click(),
});
const palette = new Palette(keys, () => store.shown.map((id) => store.row(id)).filter(Boolean));
body.addEventListener("sockeye:freeze", (event) => {
  if (event.defaultPrevented) return;
  grid.frozen = !grid.frozen;
  draw();
});
addEventListener("beforeprint", () => {
  const rows = `rows ${store.offset + 1}–${store.offset + body.rows.length} of ${element("matched").textContent}`;
  element("printed").textContent = `${caption()} · ${rows}`;
});
