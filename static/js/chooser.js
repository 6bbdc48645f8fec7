// The dialog in which columns are chosen: which, in what order, how wide. All of it works by keyboard.

/** The dialog over the columns, shown by open(). `linger` has how long closed rows stay, in seconds. */
export class Chooser {
  #dialog = document.getElementById("chooser");
  #list = document.getElementById("choices");
  #columns;

  constructor(columns, linger) {
    this.#columns = columns;
    document.getElementById("usual").addEventListener("click", () => {
      columns.reset();
      this.#draw();
    });
    this.#dialog.addEventListener("click", (event) => {
      const by = Number(event.target.dataset.move);
      if (by) this.#move(event.target, by);
      else if (event.target === this.#dialog) this.#dialog.close();
    });
    this.#list.addEventListener("change", ({ target }) => {
      const name = target.closest("li").dataset.col;
      if (target.type === "checkbox") columns.show(name, target.checked);
      else columns.width(name, target.validity.valid ? Number(target.value) : columns.widths[name] ?? 0);
      this.#draw();
    });
    const stay = document.getElementById("linger");
    stay.value = linger.value;
    stay.addEventListener("change", () => stay.validity.valid && linger.set(stay.value));
  }

  /** Shows the dialog. */
  open() {
    this.#draw();
    this.#dialog.showModal();
  }

  /** Moves the column of a button, which keeps the focus. */
  #move(button, by) {
    const name = button.closest("li").dataset.col;
    this.#columns.move(name, this.#columns.shown.indexOf(name) + by);
    this.#draw();
    const other = button.parentElement.querySelector("[data-move]:enabled");
    (button.disabled ? other : button)?.focus();
  }

  #draw() {
    const { shown, widths } = this.#columns;
    const focused = document.activeElement;
    for (const name of this.#columns.all()) {
      const li = this.#list.querySelector(`[data-col="${name}"]`);
      this.#list.append(li);
      const at = shown.indexOf(name);
      const [box, width] = li.querySelectorAll("input");
      const [up, down] = li.querySelectorAll("button");
      box.checked = at >= 0;
      box.disabled = at >= 0 && shown.length === 1;
      width.value = widths[name] ?? "";
      width.disabled = at < 0;
      up.disabled = at <= 0;
      down.disabled = at < 0 || at === shown.length - 1;
    }
    if (this.#list.contains(focused)) focused.focus();
  }
}
