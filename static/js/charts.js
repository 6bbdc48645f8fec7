// The three charts: the same points and the same time in all of them, and their numbers as a table.

import { Chart } from "./chart.js";
import { DASH, clock, count, rate } from "./format.js";
import { Period } from "./period.js";
import { Points, ceiling } from "./points.js";

/** How often something happens a second. views/chart.go has the same. */
export function often(n) {
  return `${n < 9.95 ? Math.floor(n * 10 + 0.5) / 10 : count(Math.floor(n + 0.5))}/s`;
}

/** How often the curves are drawn at the most, in milliseconds: five minutes of them look the same ten times a second. */
const DRAW_EVERY = 900;

const PAIRS = {
  bytes: { flows: ["received", "sent"], first: 0, write: rate, part: 1 },
  sockets: { flows: ["opened", "closed"], first: 2, write: often, part: 10 },
};

/** Draws all charts; `onpoint(counts)` tells the counts of the pointer's moment, null for the present. */
export class Charts {
  #points = new Points();
  #figures = [...document.querySelectorAll("figure.chart")];
  #charts = new Map();
  #numbers = null; // the table of numbers, once somebody has opened it
  #onpoint;
  #shown = [];
  #asked = false;
  #drawn = 0;
  /** Whether the pictures stand still; points are kept meanwhile. */
  held = false;
  /** The time that is shown. */
  period;

  constructor(onpoint) {
    this.#onpoint = onpoint;
    const on = { point: (index) => this.#point(index), select: (from, to) => this.period.set(from * 1000, to * 1000) };
    for (const figure of this.#figures) this.#charts.set(figure, new Chart(figure, on));
    this.period = new Period(this.#points, () => this.#turn());
    const repaint = () => this.#each((chart) => chart.repaint());
    for (const media of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) matchMedia(media).addEventListener("change", repaint);
    document.addEventListener("themechange", repaint);
    document.getElementById("numbers").addEventListener("beforetoggle", ({ target }) => this.#open(target));
    addEventListener("beforeprint", () => this.#each((chart) => chart.print()));
  }

  /** Keeps the table of numbers up to date from now on. */
  async #open(sheet) {
    if (this.#numbers) return;
    try {
      const { Numbers } = await import("./numbers.js");
      this.#numbers ??= new Numbers(sheet, this.#points, often);
      this.#numbers.draw(this.#shown);
    } catch {
      // The server does not answer: the table stays what it was when the page was made.
    }
  }

  #each(act) {
    for (const [figure, chart] of this.#charts) act(chart, figure);
  }

  /** Takes the names of the states, in the order of the counts. */
  hello(states) {
    this.#points.states = states;
  }

  /** Takes the last minutes as a whole. */
  snap(history) {
    this.#points.take(history);
    this.#asked = false; // what was older may be gone
    this.draw();
    this.#turn();
  }

  /** Takes one more point. */
  add(frame) {
    this.#points.add(frame.at, frame.counts, frame.flow, frame.gap);
    if (!this.held && Math.abs(frame.at - this.#drawn) >= DRAW_EVERY) this.draw();
  }

  /** Another time is asked for; what is older than the page is fetched once. */
  async #turn() {
    if (this.#shown.length > 0) this.draw();
    if (!this.#points.to || this.#asked) return;
    this.#asked = true;
    try {
      const answer = await (await fetch("/history.json")).json();
      this.#points.extend(answer.points);
      this.draw();
    } catch {
      this.#asked = false; // the next turn asks again
    }
  }

  /** Shows what there is. */
  draw() {
    if (document.hidden || this.#points.states.length === 0) return;
    const points = this.#points.shown();
    this.#shown = points;
    this.#drawn = points.at(-1)?.[0] ?? 0;
    this.#numbers?.draw(points);
    const range = this.#points.period.map((ms) => ms / 1000);
    const ends = this.#points.to ? this.#points.period.map(clock) : ["5 min ago", "now"];
    document.getElementById("when").textContent = this.#points.to ? `From ${ends[0]} to ${ends[1]} · the table is live` : "The last 5 minutes";
    this.#each((chart, figure) => {
      ["left", "right"].forEach((side, i) => (figure.querySelector(`.${side}`).textContent = ends[i]));
      const waiting = figure.querySelector(".waiting");
      waiting.hidden = points.length > 1;
      if (!waiting.hidden) waiting.textContent = this.#points.to ? "Nothing is kept of this time." : "The curve begins with the second poll.";
      if (typeof uPlot === "undefined") return;
      const { names, data, scale, top } = this.#data(figure.dataset.chart, points);
      figure.querySelector(".top").textContent = top;
      chart.draw(names, [points.map((p) => p[0] / 1000), ...data], range, scale);
      chart.clear();
    });
  }

  /** What a chart is drawn of. */
  #data(name, points) {
    const pair = PAIRS[name];
    if (!pair) return this.#stack(points);
    const data = [0, 1].map((side) => points.map((_, i) => this.#points.rate(points, i, pair.first + side)));
    const top = ceiling(Math.ceil(Math.max(0, ...data.flat()) * pair.part)) / pair.part;
    data[1] = data[1].map((n) => n && -n);
    return { names: pair.flows.map((flow) => ({ flow })), data, scale: [-top, top], top: pair.write(top) };
  }

  /** Sums from the highest to the lowest, so that each is drawn over the one before. */
  #stack(points) {
    const { states } = this.#points;
    const names = states.map((state) => ({ state })).reverse();
    const sums = (p) => {
      let sum = 0;
      return states.map((_, i) => (p[1] === null ? null : (sum += p[i + 1]))).reverse();
    };
    const all = points.map(sums);
    const top = ceiling(Math.max(0, ...all.map((s) => s[0])));
    return { names, data: states.map((_, i) => all.map((s) => s[i])), scale: [0, top], top: count(top) };
  }

  /** Tells what was at the pointer's moment, in all charts. */
  #point(index) {
    const points = this.#shown;
    const point = points[index ?? -1];
    const known = point && point[1] !== null;
    for (const figure of this.#figures) {
      figure.querySelector(".readout").textContent = known ? `${clock(point[0])} · ${this.#words(figure.dataset.chart, index)}` : "";
    }
    this.#onpoint(known ? point.slice(1, this.#points.states.length + 1) : null);
  }

  #words(name, index) {
    const pair = PAIRS[name];
    if (!pair) return `${count(this.#points.total(this.#shown[index]))} sockets`;
    return pair.flows.map((flow, side) => {
      const n = this.#points.rate(this.#shown, index, pair.first + side);
      return `${flow} ${n === null ? DASH : pair.write(n)}`;
    }).join(" · ");
  }

  /** The pictures that are seen, each with its figure. */
  pictures() {
    return [...this.#charts].map(([figure, chart]) => ({ figure, canvas: chart.canvas })).filter(({ canvas }) => canvas);
  }

  /** The ends of the time that is shown, as words. */
  words() {
    return this.#points.period.map((ms) => `${new Date(ms).toLocaleDateString("sv")} ${clock(ms)}`).join(" – ");
  }
}
