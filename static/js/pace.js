// How often the table is drawn anew: at each poll, at most so many times a second, or when the reader asks.

import { recall, remember } from "./memory.js";

/** The choice of the pace; `changed()` is called when the reader makes another. */
export class Pace {
  #select = document.getElementById("rate");

  constructor(changed) {
    const chosen = recall("rate");
    if ([...this.#select.options].some((option) => option.value === chosen)) this.#select.value = chosen;
    this.#select.addEventListener("change", () => {
      remember("rate", this.#select.value);
      changed();
    });
  }

  /** The least time between two drawings, in milliseconds. */
  get period() {
    return Math.max(0, Number(this.#select.value));
  }

  /** Whether the table is drawn when the reader asks, and only then. */
  get manual() {
    return Number(this.#select.value) < 0;
  }

  /** Says how often the machine is polled: what is faster than that cannot be had. */
  interval(ms) {
    const every = ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
    const first = this.#select.options[0];
    const text = `Each poll: ${every}`;
    if (first.textContent === text) return;
    first.textContent = text;
    this.#select.title = `How often the table is drawn. The machine is polled every ${every}.`;
    for (const option of this.#select.options) option.disabled = Number(option.value) > 0 && Number(option.value) < ms;
  }
}
