// The column spark: the bytes a second of each row over the last minute, as a line in its cell.

const SPARK_POINTS = 60;
const SPARK_WIDTH = 60;
const SPARK_HEIGHT = 20;

/** Keeps the last rates of the rows that are shown, and draws them where a row has a cell for it. */
export class Sparks {
  #rates = new Map();

  /** Takes the rates of the shown rows of one frame. What is not shown any more is forgotten. */
  sample(store) {
    const rates = new Map();
    for (const id of store.shown) {
      const row = store.row(id);
      if (!row) continue;
      const known = row.receive_rate !== null || row.send_rate !== null;
      const list = this.#rates.get(id) ?? [];
      list.push(known ? (row.receive_rate ?? 0) + (row.send_rate ?? 0) : null);
      rates.set(id, list.slice(-SPARK_POINTS));
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
  const top = Math.max(1, ...rates);
  const step = SPARK_WIDTH / (SPARK_POINTS - 1);
  let known = false;
  return rates.map((rate, i) => {
    const pen = known ? "L" : "M";
    known = rate !== null;
    const x = SPARK_WIDTH - (rates.length - 1 - i) * step;
    return known ? `${pen}${x.toFixed(1)} ${(SPARK_HEIGHT - 1 - (rate / top) * (SPARK_HEIGHT - 2)).toFixed(1)}` : "";
  }).join("");
}
