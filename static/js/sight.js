// Which rows are in sight: the geometry of rows of one height in a box that scrolls, or in the page where it does not.

/** What is seen of `body`, a tbody, in `box`. */
export class Sight {
  /** The height of a row in pixels. */
  height = 28;
  #box;
  #body;

  constructor(box, body) {
    this.#box = box;
    this.#body = body;
    this.measure();
  }

  /** Takes the height of a row from the style sheet. */
  measure() {
    this.height = parseFloat(getComputedStyle(this.#body).getPropertyValue("--row")) || 28;
  }

  /** Scrolls by pixels, at once. */
  scrollBy(y) {
    if (Math.abs(y) < 1) return;
    (this.#scrolls() ? this.#box : window).scrollBy({ top: y, behavior: "instant" });
  }

  /** How far it could be scrolled back. */
  back() {
    return this.#scrolls() ? this.#box.scrollTop : scrollY;
  }

  /** How far it could be scrolled on; below 0 where there is room for more rows. */
  ahead() {
    return this.#body.getBoundingClientRect().bottom - this.region().bottom;
  }

  /** The part of the screen in which rows are seen. */
  region() {
    const head = this.#body.previousElementSibling.offsetHeight;
    if (!this.#scrolls()) return { top: head, bottom: innerHeight };
    const { top, bottom } = this.#box.getBoundingClientRect();
    return { top: top + head, bottom };
  }

  /** The place of the first row in sight, how many there is room for, and how much of the first one is hidden. */
  rows() {
    const region = this.region();
    const top = this.#body.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor((region.top - top) / this.height));
    const rows = Math.ceil(Math.max(0, region.bottom - Math.max(region.top, top)) / this.height) + 1;
    return { first, rows, hidden: Math.max(0, region.top - top) % this.height };
  }

  #scrolls() {
    return getComputedStyle(this.#box).overflowY === "auto";
  }
}
