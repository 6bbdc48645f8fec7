// The chart of sockets by state: uPlot in the place of the server's image, with the same scale and colours. Where
// uPlot did not load, the image stays.

import { clock, count } from "./format.js";

const STEP = 1000; // milliseconds between two points
const SPAN = 300;

const STEPS = [10, 15, 20, 30, 40, 50, 60, 80];

/** The top of the scale for a greatest value. views/chart.go has the same. */
function ceiling(n) {
  for (let power = 1; ; power *= 10) {
    const step = STEPS.find((step) => n <= step * power);
    if (step) return step * power;
  }
}

/** Draws the last five minutes in `figure`; `onpoint(counts, at)` tells what the pointer is over, null for nothing. */
export class Chart {
  #plot;
  #top;
  #readout;
  #onpoint;
  #chart = null;
  #states = [];
  #colors = [];
  #paper = "";
  #points = [];
  /** Whether the picture stands still; points are kept meanwhile. */
  held = false;

  constructor(figure, onpoint) {
    this.#plot = figure.querySelector(".plot");
    this.#top = figure.querySelector("#top");
    this.#readout = figure.querySelector("#readout");
    this.#onpoint = onpoint;
    const repaint = () => this.#repaint();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    matchMedia("(prefers-contrast: more)").addEventListener("change", repaint);
    document.addEventListener("themechange", repaint);
  }

  /** Takes the names of the states, in the order of the counts. */
  hello(states) {
    this.#states = states;
  }

  /** Takes the whole history: [[at, count, …], …], oldest first. */
  snap(history) {
    this.#points = history;
    this.draw();
  }

  /**
   * Takes one more point; one that is not newer than the last is left out. It takes the place of the last where that
   * stands less than a step behind the one before, as in the server's history. Before a point with a gap nothing is known;
   * counts that are null stand for that.
   */
  add(at, counts, gap) {
    const last = this.#points.at(-1)?.[0];
    if (at <= last) return;
    if (gap && last) this.#points.push([last + 1, ...counts.map(() => null)]);
    else if (this.#points.length > 1 && last - this.#points.at(-2)[0] < STEP) this.#points.pop();
    this.#points = [...this.#points.filter((p) => p[0] > at - (SPAN + 10) * 1000), [at, ...counts]];
    if (!this.held) this.draw();
  }

  /** Shows what there is. */
  draw() {
    if (document.hidden || this.#points.length < 2 || typeof uPlot === "undefined") return;
    const data = stacked(this.#points, this.#states.length);
    this.#top.textContent = count(ceiling(Math.max(...data[1])));
    if (this.#chart) this.#chart.setData(data);
    else this.#open(data);
  }

  #open(data) {
    this.#colors = this.#read();
    const size = () => ({ width: this.#plot.clientWidth, height: this.#plot.clientHeight });
    const series = this.#states.map((_, i) => ({
      points: { show: false },
      width: 1,
      stroke: () => this.#paper,
      fill: () => this.#colors[this.#states.length - 1 - i],
    }));
    this.#chart = new uPlot({
      ...size(),
      padding: [0, 0, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      axes: [{ show: false }, { show: false }],
      scales: {
        x: { range: (_, min, max) => [max - SPAN, max] },
        y: { range: (u) => [0, ceiling(Math.max(...u.data[1]))] },
      },
      series: [{}, ...series],
      hooks: { setCursor: [(u) => this.#point(u.cursor.idx)] },
    }, data);
    this.#plot.replaceChildren(this.#chart.root);
    new ResizeObserver(() => this.#chart.setSize(size())).observe(this.#plot);
  }

  /** Tells what was at the pointer's moment. */
  #point(index) {
    const point = index === null || index === undefined ? null : this.#points[index];
    this.#readout.textContent = point && point[1] !== null ? `${clock(point[0])} · ${count(sum(point.slice(1)))} sockets` : "";
    this.#onpoint(point && point[1] !== null ? point.slice(1) : null);
  }

  #repaint() {
    if (!this.#chart) return;
    this.#colors = this.#read();
    this.#chart.redraw(false);
  }

  /** The colours as the style sheet has them now: only an element knows what a custom property comes to. */
  #read() {
    const probe = this.#plot.parentElement.appendChild(document.createElement("i"));
    probe.hidden = true;
    probe.className = "probe";
    const colors = this.#states.map((state) => {
      probe.dataset.state = state;
      return getComputedStyle(probe).color;
    });
    this.#paper = getComputedStyle(probe).backgroundColor;
    probe.remove();
    return colors;
  }
}

/** The sum of counts, null where they are not known. */
function sum(values) {
  return values[0] === null ? null : values.reduce((a, b) => a + b, 0);
}

/** The series for uPlot: seconds, then sums from the highest to the lowest, so that each is drawn over the one before. */
function stacked(points, states) {
  const data = [points.map((p) => p[0] / 1000)];
  for (let top = states; top > 0; top--) data.push(points.map((p) => sum(p.slice(1, top + 1))));
  return data;
}
