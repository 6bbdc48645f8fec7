// The column spark: the bytes a second of each row over the last minute, as a line in its cell.

const SPARK_SPAN = 60_000; // milliseconds
const SPARK_STEP = 1_000;
const SPARK_WIDTH = 60;
const SPARK_HEIGHT = 20;

/** Keeps the last rates of the rows that are shown, and draws them where a row has a cell for it. */
export class Sparks {
  #rates = new Map(); // lists of [moment, rate]

  /** Takes the rates of the shown rows of one frame, one each second. What is not shown any more is forgotten. */
  sample(store) {
    const { at } = store.status;
    const rates = new Map();
    for (const id of store.shown) {
      const row = store.row(id);
      if (!row) continue;
      const known = row.receive_rate !== null || row.send_rate !== null;
      const list = (this.#rates.get(id) ?? []).filter(([then]) => at - then <= SPARK_SPAN && then < at);
      if (list.length > 1 && list.at(-1)[0] - list.at(-2)[0] < SPARK_STEP) list.pop();
      list.push([at, known ? (row.receive_rate ?? 0) + (row.send_rate ?? 0) : null]);
      rates.set(id, list);
    }
    this.#rates = rates;
  }

  /** Draws into the cells of the rows of `body`. */
  draw(body) {
    for (const path of body.querySelectorAll('[data-col="spark"] path')) {
      const line = trace(this.#rates.get(path.closest("tr").dataset.id) ?? []);
      if (path.getAttribute("d") !== line) path.setAttribute("d", line);
    }
  }
}

/** The rates as the data of an SVG path: the newest at the right edge, nothing where they are not known. */
function trace(rates) {
  const top = Math.max(1, ...rates.map(([, rate]) => rate));
  let known = false;
  return rates.map(([at, rate]) => {
    const pen = known ? "L" : "M";
    known = rate !== null;
    const x = SPARK_WIDTH * (1 - (rates.at(-1)[0] - at) / SPARK_SPAN);
    return known ? `${pen}${x.toFixed(1)} ${(SPARK_HEIGHT - 1 - (rate / top) * (SPARK_HEIGHT - 2)).toFixed(1)}` : "";
  }).join("");
}
