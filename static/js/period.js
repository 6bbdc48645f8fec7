// The time that the charts show: what led to the present, or a period that stands in the URL as from and to.

const LONGEST = 900_000; // milliseconds that the server keeps
const SHORTEST = 10_000;

const written = (ms) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Watches the links of the charts and the URL. `show()` is called when `points` has another period. */
export class Period {
  #points;
  #show;

  constructor(points, show) {
    this.#points = points;
    this.#show = show;
    document.querySelector(".period").addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      event.stopPropagation();
      this.go(link.dataset.period);
    });
    addEventListener("popstate", () => this.#read());
    this.#read();
  }

  /** Goes earlier, later, closer, wider, or live. views/period.go does the same. */
  go(where) {
    if (where === "live") return this.set(0, 0);
    const [from, to] = this.#points.period;
    const span = to - from;
    const factor = { closer: 0.5, wider: 2 }[where] ?? 1;
    const length = Math.max(SHORTEST, Math.min(LONGEST, span * factor));
    const middle = from + span / 2 + ({ earlier: -0.5, later: 0.5 }[where] ?? 0) * span;
    const newest = this.#points.newest;
    const start = Math.min(Math.max(middle - length / 2, newest - LONGEST), newest - length);
    this.set(start, start + length);
  }

  /** Shows a period, in milliseconds and whole seconds of them, and puts it into the URL; 0 and 0 is the present. */
  set(from, to) {
    const whole = (ms) => Math.round(ms / 1000) * 1000;
    const end = Math.max(whole(to), whole(from) + 1000);
    this.#take(to && whole(from), to && end);
    this.keep(true);
  }

  /** Puts the period into the URL, which another view has left without it. */
  keep(push = false) {
    const pairs = location.search.slice(1).split("&").filter((pair) => pair && !/^(from|to)=/.test(pair));
    const { from, to } = this.#points;
    if (to) pairs.push(`from=${written(from)}`, `to=${written(to)}`);
    const search = pairs.length > 0 ? `?${pairs.join("&")}` : "";
    if (search === location.search) return;
    history[push ? "pushState" : "replaceState"](null, "", location.pathname + search);
  }

  #read() {
    const query = new URLSearchParams(location.search);
    const [from, to] = ["from", "to"].map((name) => Date.parse(query.get(name) ?? "") || 0);
    if (from !== this.#points.from || to !== this.#points.to) this.#take(from < to ? from : 0, from < to ? to : 0);
  }

  #take(from, to) {
    Object.assign(this.#points, { from, to });
    for (const link of document.querySelectorAll("a[data-history]")) {
      const query = to ? `?from=${written(from)}&to=${written(to)}` : "";
      link.href = `/history.${link.dataset.history}${query}`;
    }
    document.getElementById("live").hidden = !to;
    this.#show();
  }
}
