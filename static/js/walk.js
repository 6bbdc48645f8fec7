// The keys of the table: one row can be reached by Tab, arrows and paging keys lead to the others and to their cells,
// Enter opens a row, Escape leads back.

const KEYS = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 };

/** The keys over the rows of a grid. `open(tr)` and `close()` are what Enter and Escape ask for. */
export class Walk {
  #grid;
  #body;
  #open;
  #close;
  #wanted = -1;
  #column = "";

  constructor(grid, body, { open, close }) {
    this.#grid = grid;
    this.#body = body;
    this.#open = open;
    this.#close = close;
    const table = body.parentElement;
    table.setAttribute("role", "grid");
    table.addEventListener("keydown", (event) => this.#key(event));
    body.addEventListener("focusin", (event) => this.#enter(event.target.closest("tr")));
    body.addEventListener("click", (event) => this.#click(event));
  }

  /** Sets right after a drawing what drawing cannot know: the row that is waited for, the one that Tab leads to. */
  settle() {
    if (this.#wanted >= 0) {
      const tr = this.#grid.at(this.#wanted);
      if (tr) this.#focus(tr);
    }
    if (!this.#body.querySelector('tr[tabindex="0"]')) this.#enter(this.#grid.at(this.#grid.size().first) ?? this.#body.firstElementChild);
  }

  /** Goes to a row by its distance from the one that has the focus, from elsewhere to the one that had it. */
  step(by) {
    const tr = document.activeElement.closest("tbody tr");
    if (tr) this.#go(this.#grid.place(tr) + by);
    else this.#focus(this.#body.querySelector('tr[tabindex="0"]'));
  }

  /** Opens the row that has the focus, or else the one that is selected. */
  openHere() {
    const tr = document.activeElement.closest("tbody tr") ?? this.#body.querySelector("tr[aria-selected]");
    if (tr) this.#open(tr, true);
  }

  #enter(tr) {
    if (!tr) return;
    for (const other of this.#body.querySelectorAll('tr[tabindex="0"]')) other.tabIndex = -1;
    tr.tabIndex = 0;
  }

  #go(index) {
    const place = Math.max(0, Math.min(this.#grid.size().count - 1, index));
    const tr = this.#grid.reveal(place);
    this.#wanted = tr ? -1 : place;
    if (tr) this.#focus(tr);
  }

  #focus(tr) {
    this.#wanted = -1;
    const td = this.#column && tr.querySelector(`[data-col="${this.#column}"]`);
    if (td) td.tabIndex = -1;
    (td || tr).focus({ preventScroll: true });
  }

  #key(event) {
    const tr = event.target.closest("tr");
    if (event.ctrlKey ? !/^(Home|End)$/.test(event.key) : event.altKey || event.metaKey || event.shiftKey) return;
    if (!this.#body.contains(tr)) {
      if (event.key !== "ArrowDown") return;
      this.step(0);
    } else if (!this.#row(event, tr)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Does what a key means in a row. Returns false for a key that means nothing. */
  #row({ key, ctrlKey, target }, tr) {
    const { count, page } = this.#grid.size();
    const place = this.#grid.place(tr);
    const td = target.closest("td");
    if (KEYS[key]) this.#go(place + KEYS[key]);
    else if (key === "PageDown") this.#go(place + page);
    else if (key === "PageUp") this.#go(place - page);
    else if (key === "Home" && (ctrlKey || !td)) this.#go(0);
    else if (key === "End" && (ctrlKey || !td)) this.#go(count - 1);
    else if (key === "Home") this.#cell(tr, 0);
    else if (key === "End") this.#cell(tr, tr.cells.length - 1);
    else if (key === "ArrowRight") this.#cell(tr, td ? Math.min(td.cellIndex + 1, tr.cells.length - 1) : 0);
    else if (key === "ArrowLeft" && td) this.#cell(tr, td.cellIndex - 1);
    else if (key === "Enter") this.#open(tr, true);
    else if (key === "Escape" && td) this.#cell(tr, -1);
    else if (key === "Escape") this.#close();
    else return false;
    return true;
  }

  /** Goes to a cell of a row; before the first one is the row itself. */
  #cell(tr, index) {
    this.#column = tr.cells[index]?.dataset.col ?? "";
    this.#focus(tr);
  }

  /** A click selects and opens; one that ends a selection of text, or wants another tab, does not. */
  #click(event) {
    const tr = event.target.closest("tr[data-id]");
    if (!tr || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || !getSelection().isCollapsed) return;
    const link = event.target.closest("a");
    if (link?.pathname.startsWith("/processes/")) return;
    if (this.#open(tr, link !== null)) event.preventDefault();
  }
}
