// The charts as a table of numbers, while it is open.

import { DASH, clock, count, rate } from "./format.js";

const NUMBER_ROWS = 30;
const NUMBER_PACE = 1_000;

/** Keeps the table of `sheet` up to date while it is open, once a second at the most. */
export class Numbers {
  #sheet;
  #points;
  #often;
  #drawn = -NUMBER_PACE;
  #last = [];

  constructor(sheet, points, often) {
    this.#sheet = sheet;
    this.#points = points;
    this.#often = often;
    sheet.addEventListener("toggle", () => this.draw(this.#last));
  }

  /** Takes what the charts show. */
  draw(points) {
    this.#last = points;
    const now = performance.now();
    if (points.length < 2 || !this.#sheet.matches(":popover-open") || now - this.#drawn < NUMBER_PACE) return;
    this.#drawn = now;
    const { states } = this.#points;
    const seen = states.map((_, i) => i).filter((i) => points.some((p) => p[i + 1] > 0));
    const [head, body] = this.#sheet.querySelectorAll("thead, tbody");
    const names = ["Time", "Sockets", ...seen.map((i) => states[i]), "Received", "Sent", "Opened", "Closed"];
    head.replaceChildren(numberLine(names, "col"));
    body.replaceChildren(...this.#parts(points).map((part) => numberLine(this.#cells(part, seen), "row")));
  }

  /** Equal parts of the points, newest first, each with the point before it. */
  #parts(points) {
    const step = Math.ceil(points.length / NUMBER_ROWS);
    const parts = [];
    for (let end = points.length; end > 1; end -= step) parts.push(points.slice(Math.max(0, end - step - 1), end));
    return parts;
  }

  #cells(part, seen) {
    const last = part.at(-1);
    const known = (value, write) => (value === null ? DASH : write(value));
    const moved = [rate, rate, this.#often, this.#often].map((write, flow) => {
      let sum = 0;
      for (let i = 1; i < part.length; i++) {
        const n = this.#points.rate(part, i, flow);
        if (n === null) return DASH;
        sum += n * (part[i][0] - part[i - 1][0]);
      }
      return write(sum / (last[0] - part[0][0]));
    });
    return [clock(last[0]), known(this.#points.total(last), count), ...seen.map((i) => known(last[i + 1], count)), ...moved];
  }
}

/** A row of the table; its header cells are those of a column or the first of a row. */
function numberLine(cells, scope) {
  const tr = document.createElement("tr");
  tr.append(...cells.map((text, i) => {
    const cell = document.createElement(scope === "col" || i === 0 ? "th" : "td");
    if (cell.tagName === "TH") cell.scope = scope;
    cell.textContent = text;
    return cell;
  }));
  return tr;
}
