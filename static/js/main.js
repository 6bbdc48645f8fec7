// Wires the page: the connection feeds the store, the store feeds the table and the chart, at most once a frame of the
// screen.

import { Charts } from "./charts.js";
import { copyText } from "./copy.js";
import { Facets } from "./facets.js";
import { Filter } from "./filter.js";
import { Keys, chosenRow } from "./keys.js";
import { inspect } from "./inspect.js";
import { Groups } from "./groups.js";
import { lazy } from "./lazy.js";
import { Net } from "./net.js";
import { Page } from "./page.js";
import { Sparks } from "./spark.js";
import { Store } from "./store.js";
import { Table } from "./table.js";
import "./theme.js";
import "./worst.js";

const element = (id) => document.getElementById(id);
const store = new Store();
const page = new Page();
const charts = new Charts((counts) => page.counts(counts ?? store.status.counts, counts !== null));
const rows = new Groups(element("row"), document.querySelector("#table thead"));
const sparks = new Sparks();
const filter = new Filter((answer, stay) => {
  charts.period.keep();
  rows.sync(answer.encode);
  table.turn(answer, stay);
});
rows.listen(element("rows"), filter);
const table = new Table({ store, page, filter, rows, net: () => net, drawn: afterPicture });

const facets = new Facets((search) => filter.go(search));
let printing = false; // the picture under way is for paper

/** After each picture: what stands in the rows, and paper that waits for them. */
function afterPicture(awaiting) {
  sparks.draw(element("rows"));
  if (printing && !awaiting) setTimeout(print);
  printing &&= awaiting;
}

const net = new Net({
  hello(frame) {
    store.hello(frame);
    charts.hello(frame.states);
    rows.states = frame.states;
    page.hello(frame);
    table.hello();
    net.facets();
  },
  facets: (frame) => facets.show(frame),
  snap(frame) {
    table.snap(frame);
    charts.snap(frame.history);
    sparks.sample(store);
    page.frame(store.status);
  },
  delta(frame) {
    if (!table.delta(frame)) return;
    charts.held = page.paused;
    charts.add(frame);
    sparks.sample(store);
    if (frame.seq > frame.from || frame.stale) page.frame(store.status, frame.came, frame.went, frame.short);
  },
  error(frame) {
    table.refused();
    filter.problem(frame.text);
  },
  up: () => page.up(),
  down: (reason) => page.down(reason),
});

page.onresume = () => {
  charts.draw();
  table.draw(page.manual);
};
page.onretry = () => net.retry();
net.open(table.start());
inspect();

/** One line that says what is shown, for paper and pictures. */
function caption() {
  return [page.host, filter.text ? `filter ${filter.text}` : "no filter", charts.words()].join(" · ");
}

/** Prints, with as many rows as a window can have. */
function printAll() {
  printing = store.status.lines > store.shown.length && document.body.dataset.state !== "disconnected";
  if (printing) table.ask({ offset: 0, limit: 200 });
  else print();
}

/** Returns what uses a part of the page that is loaded at its first use. */
function using(part, use) {
  return async (event) => {
    event?.preventDefault();
    const loaded = await part();
    if (loaded) use(loaded);
    else page.say("The server does not answer");
  };
}

const seen = () => store.shown.map((id) => store.row(id)).filter(Boolean);
const openPalette = using(lazy(() => import("./palette.js").then(({ Palette }) => new Palette(keys, seen))), (palette) => palette.open());
const takePicture = using(lazy(() => import("./picture.js")), ({ savePicture }) => savePicture(caption(), charts.pictures()));
const saved = lazy(() => import("./saved.js").then(({ Saved }) => new Saved(() => filter.encode)));
element("saved").addEventListener("toggle", using(saved, (views) => views.draw()));
element("saved-form").addEventListener("submit", using(saved, (views) => views.keep()));
element("copy-view").addEventListener("click", using(saved, (views) => views.copy()));

const body = element("rows");
const keys = new Keys({
  filter: () => filter.focus(),
  down: () => table.step(1),
  up: () => table.step(-1),
  open: () => table.openHere(),
  pause: () => page.pause(),
  sort: () => table.sortNow(),
  freeze: () => table.freeze(),
  async copy() {
    const row = chosenRow(body);
    const copied = await copyText(row ? [...row.cells].map((cell) => cell.textContent.trim()).join("\t") : location.href);
    page.say(copied ? `${row ? "Row" : "Link"} copied` : "The browser does not let the page copy");
  },
  earlier: () => charts.period.go("earlier"),
  later: () => charts.period.go("later"),
  live: () => charts.period.go("live"),
  palette: openPalette,
  numbers: () => element("numbers").showPopover(),
  picture: takePicture,
  print: printAll,
  theme: () => element("theme").click(),
  columns: () => element("columns").click(),
});
addEventListener("beforeprint", () => {
  const rows = `rows ${store.offset + 1}–${store.offset + body.rows.length} of ${element("matched").textContent}`;
  element("printed").textContent = `${caption()} · ${rows}`;
});
