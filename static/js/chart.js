// One chart: uPlot in the place of the server's image. Where uPlot did not load, the image stays.

/**
 * Draws in `figure`. `names` are the curves in the order in which they are painted: {state} or {flow}. `onpoint(index)`
 * tells what the pointer is over, `onselect(from, to)` which seconds were drawn over.
 */
export class Chart {
  #plot;
  #on;
  #chart = null;
  #names = [];
  #colors = [];
  #paper = "";
  #range = [0, 1];
  #scale = [0, 1];
  #data = [];
  #pressed = false;

  constructor(figure, on) {
    this.#plot = figure.querySelector(".plot");
    this.#on = on;
  }

  /** The picture as a canvas, null where it is not seen. */
  get canvas() {
    return this.#plot.clientWidth ? this.#chart?.ctx.canvas : null;
  }

  /** Shows data as uPlot takes it, in the times of `range` and the values of `scale`. */
  draw(names, data, range, scale) {
    this.#range = range;
    this.#scale = scale;
    this.#data = data;
    if (names.length !== this.#names.length) this.#close();
    this.#names = names;
    if (this.#chart) this.#chart.setData(data);
    else this.#open(data);
  }

  #close() {
    this.#chart?.destroy();
    this.#chart = null;
  }

  #open(data) {
    this.#read();
    const size = () => ({ width: this.#plot.clientWidth, height: this.#plot.clientHeight });
    const series = this.#names.map((_, i) => ({
      points: { show: false },
      width: 1,
      stroke: () => this.#paper,
      fill: () => this.#colors[i],
      fillTo: 0,
    }));
    this.#chart = new uPlot({
      ...size(),
      padding: [0, 0, 0, 0],
      legend: { show: false },
      cursor: {
        y: false, points: { show: false }, sync: { key: "sockeye", setSeries: false },
        drag: { x: true, y: false, setScale: false, dist: 4 },
      },
      axes: [{ show: false }, { show: false }],
      scales: { x: { range: () => this.#range }, y: { range: () => this.#scale } },
      series: [{}, ...series],
      hooks: {
        setCursor: [(u) => this.#plot.clientWidth && this.#on.point(u.cursor.idx)],
        setSelect: [(u) => this.#select(u)],
      },
    }, data);
    const { root, over } = this.#chart;
    over.addEventListener("mousedown", () => (this.#pressed = true));
    root.role = "img";
    root.ariaLabel = this.#plot.querySelector("svg").getAttribute("aria-label");
    this.#plot.append(root);
    new ResizeObserver(() => this.#chart?.root === root && this.#chart.setSize(size())).observe(this.#plot);
  }

  /** A span of time was drawn over here, and not in a chart beside it. */
  #select(u) {
    const { left, width } = u.select;
    if (this.#pressed && width) this.#on.select(u.posToVal(left, "x"), u.posToVal(left + width, "x"));
    this.#pressed = false;
  }

  /** Takes away what marks a drawn span. */
  clear() {
    this.#chart?.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  /** Takes the colours anew. */
  repaint() {
    if (!this.#chart) return;
    this.#read();
    this.#chart.redraw(false);
  }

  /** The colours as the style sheet has them now. */
  #read() {
    const place = this.#plot.parentElement;
    this.#colors = this.#names.map((name) => colorOf(place, name));
    this.#paper = colorOf(place, {}, "backgroundColor");
  }

  /** Brings the image to what is shown: paper takes lines, not a screen's dots. */
  print() {
    const svg = this.#plot.querySelector("svg");
    if (!this.#chart) return;
    const { width, height } = svg.viewBox.baseVal;
    const [from, to] = this.#range;
    const [low, high] = this.#scale;
    const x = (t) => (Math.max(0, Math.min(1, (t - from) / (to - from))) * width).toFixed(1);
    const y = (v) => ((1 - (v - low) / (high - low)) * height).toFixed(1);
    const [times, ...curves] = this.#data;
    svg.replaceChildren(...curves.map((values, i) => {
      const area = document.createElementNS(svg.namespaceURI, "polygon");
      area.setAttribute("class", "area");
      for (const [kind, name] of Object.entries(this.#names[i])) area.setAttribute(`data-${kind}`, name);
      const line = values.map((v, n) => `${x(times[n])},${y(v ?? 0)}`);
      area.setAttribute("points", [`${x(times[0])},${y(0)}`, ...line, `${x(times.at(-1))},${y(0)}`].join(" "));
      return area;
    }));
  }
}

/** The colour of a state or a flow within `place`: only an element knows what a custom property comes to. */
export function colorOf(place, name, kind = "color") {
  const probe = place.appendChild(document.createElement("i"));
  probe.hidden = true;
  probe.className = "probe";
  Object.assign(probe.dataset, name);
  const color = getComputedStyle(probe)[kind];
  probe.remove();
  return color;
}
