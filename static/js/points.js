// What the charts show: points of time, each with how many sockets were in each state and what moved since the point
// before it. docs/protocol.md has their form.

const STEP = 1_000; // milliseconds between two points
const KEPT = 900_000;
const SPAN = 300_000;

const STEPS = [10, 15, 20, 30, 40, 50, 60, 80];

/** The top of the scale for a greatest value. views/chart.go has the same. */
export function ceiling(n) {
  for (let power = 1; ; power *= 10) {
    const step = STEPS.find((step) => n <= step * power);
    if (step) return step * power;
  }
}

/** The points of the last minutes, or of the period that was asked for. */
export class Points {
  /** The names of the states, in the order of the counts. */
  states = [];
  /** The period to show in milliseconds, 0 for what led to the present. */
  from = 0;
  to = 0;
  #all = [];

  /** The moment of the newest point, 0 where there is none. */
  get newest() {
    return this.#all.at(-1)?.[0] ?? 0;
  }

  /** The period in force: [from, to]. */
  get period() {
    return this.to ? [this.from, this.to] : [this.newest - SPAN, this.newest];
  }

  /** Takes points, oldest first. Those from before them are kept where there is no hole between. */
  take(points) {
    const first = points[0]?.[0] ?? 0;
    const older = this.newest < first ? [] : this.#all.filter((p) => p[0] < first);
    this.#all = [...older, ...points];
  }

  /** Takes points as far as they are older than all that are here. */
  extend(points) {
    const first = this.#all[0]?.[0] ?? Infinity;
    this.#all.unshift(...points.filter((p) => p[0] < first));
  }

  /**
   * Takes one more point; one that is not newer than the last is left out. It takes the place of the last, and what moved
   * before that, where the last stands less than a step behind the one before, as in the server's history. Before a point
   * with a gap nothing is known; a point of nulls stands for that.
   */
  add(at, counts, flow = [null, null, null, null], gap = false) {
    const all = this.#all;
    const last = all.at(-1);
    if (at <= last?.[0]) return;
    const point = [at, ...counts, ...flow];
    if (gap && last) all.push([last[0] + 1, ...point.slice(1).fill(null)]);
    else if (all.length > 1 && last[0] - all.at(-2)[0] < STEP) {
      all.pop();
      for (let i = counts.length + 1; i < point.length; i++) point[i] = point[i] === null || last[i] === null ? null : point[i] + last[i];
    }
    all.push(point);
    const old = at - KEPT;
    if (all[0][0] < old) this.#all = all.filter((p) => p[0] >= old || (p[0] >= this.from && p[0] <= this.to));
  }

  /** The points of the period, with the one before and the one after it. */
  shown() {
    const [from, to] = this.period;
    const all = this.#all;
    const first = all.findIndex((p) => p[0] >= from);
    const end = all.findIndex((p) => p[0] > to);
    return first < 0 ? [] : all.slice(Math.max(0, first - 1), end < 0 ? undefined : end + 1);
  }

  /** The sockets at a point, null where they are not known. */
  total(point) {
    return point[1] === null ? null : point.slice(1, this.states.length + 1).reduce((a, b) => a + b, 0);
  }

  /** What moved a second at place i of the points, by its place in the flow; null where it is not known. */
  rate(points, i, flow) {
    const amount = points[i][this.states.length + 1 + flow];
    return i === 0 || amount === null ? null : (amount * 1000) / (points[i][0] - points[i - 1][0]);
  }
}
