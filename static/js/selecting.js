// Whether the reader selects text, told by events: to ask for the selection costs a layout.

/** The reader's hand in `body`. */
export class Selecting {
  #pressed = false;
  #selected = false;

  constructor(body) {
    body.addEventListener("pointerdown", () => (this.#pressed = true));
    for (const end of ["pointerup", "pointercancel", "blur"]) addEventListener(end, () => (this.#pressed = false));
    document.addEventListener("selectionchange", () => {
      const selection = getSelection();
      this.#selected = !selection.isCollapsed && body.contains(selection.anchorNode);
    });
  }

  /** Whether a button is pressed there, or text is selected. */
  get on() {
    return this.#pressed || this.#selected;
  }
}
