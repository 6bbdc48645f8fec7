// Wires the page: the connection feeds the store, the store feeds the table and the chart, at most once a frame of the
// screen.

import { Charts } from "./charts.js";
import { Facets } from "./facets.js";
import { Filter } from "./filter.js";
import { Keys, chosenRow, copyText } from "./keys.js";
import { inspect } from "./inspect.js";
import { Groups } from "./groups.js";
import { Net } from "./net.js";
import { Page } from "./page.js";
import { Sparks } from "./spark.js";
import { Saved } from "./saved.js";
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
new Saved(() => filter.encode);
inspect();

/** One line that says what is shown, for paper and pictures. */
function caption() {
  return [page.host, filter.text ? `filter ${filter.text}` : "no filter", charts.words()].join(" · ");
}

/** Prints, with as many rows as a window can have. */
function printAll() {
  printing = store.status.matched > store.shown.length;
  if (printing) table.ask({ offset: 0, limit: 200 });
  else print();
}

let palette = null; // the promise of it

/** Opens the palette, which is loaded at the first use. */
async function openPalette() {
  const seen = () => store.shown.map((id) => store.row(id)).filter(Boolean);
  palette ??= import("./palette.js").then(({ Palette }) => new Palette(keys, seen));
  try {
    (await palette).open();
  } catch {
    palette = null;
    page.say("The server does not answer");
  }
}

/** Saves the charts as a picture; what does it is loaded when it is wanted. */
async function takePicture() {
  try {
    (await import("./picture.js")).savePicture(caption(), charts.pictures());
  } catch {
    page.say("The server does not answer");
  }
}

const body = element("rows");
const keys = new Keys({
  filter: () => filter.focus(),
  down: () => table.step(1),
  up: () => table.step(-1),
  open: () => table.openHere(),
  pause: () => page.pause(),
  sort: () => table.sortNow(),
  freeze: () => table.freeze(),
  copy() {
    const row = chosenRow(body);
    copyText(row ? [...row.cells].map((cell) => cell.textContent.trim()).join("\t") : location.href);
    page.say(row ? "Row copied" : "Link copied");
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
