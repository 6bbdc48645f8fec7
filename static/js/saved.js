// Views that the reader keeps by name, in this browser.

import { copyText } from "./copy.js";

const VIEWS_KEY = "sockeye.views";
const VIEWS_MOST = 100;

/** The list of saved views, and the form that adds the one in force. `view()` gives the view in force, encoded. */
export class Saved {
  #list = document.getElementById("saved-list");
  #item = document.getElementById("saved-item").content.querySelector("li");
  #form = document.getElementById("saved-form");
  #status = document.getElementById("saved-status");
  #view;

  constructor(view) {
    this.#view = view;
    this.#list.addEventListener("click", (event) => {
      const name = event.target.closest("button")?.value;
      if (name !== undefined) this.#write(savedViews().filter((one) => one.name !== name), `Removed “${name}”.`);
    });
    addEventListener("storage", (event) => event.key === VIEWS_KEY && this.draw());
  }

  /** Keeps the view in force under the name of the form. */
  keep() {
    const name = this.#form.elements.name.value.trim();
    if (!name) return;
    const others = savedViews().filter((one) => one.name !== name);
    if (others.length >= VIEWS_MOST) {
      this.#status.textContent = `There is room for ${VIEWS_MOST} views; remove one first.`;
      return;
    }
    this.#write([...others, { name, view: this.#view() }], `Saved “${name}”.`);
    this.#form.reset();
  }

  #write(views, text) {
    try {
      localStorage.setItem(VIEWS_KEY, JSON.stringify(views));
    } catch {
      text = "This browser does not let the page keep anything.";
    }
    this.#status.textContent = text;
    this.draw();
  }

  /** Lists the views as they are in the browser now. */
  draw() {
    this.#list.replaceChildren(...savedViews().map(({ name, view }) => {
      const li = document.importNode(this.#item, true);
      const link = li.querySelector("a");
      link.textContent = name;
      link.href = view ? `/?${view}` : "/";
      const button = li.querySelector("button");
      button.value = name;
      button.setAttribute("aria-label", `Remove ${name}`);
      return li;
    }));
  }

  /** Copies the link to the view. */
  async copy() {
    const field = this.#form.elements.link;
    field.hidden = false;
    field.value = location.href;
    field.select();
    const copied = await copyText(field.value, field);
    field.hidden = copied;
    this.#status.textContent = copied ? "The link is copied." : "Selected: press Ctrl+C, or ⌘C, to copy.";
  }
}

/** The saved views as they are in the browser; what is not one is left out. */
export function savedViews() {
  try {
    const list = JSON.parse(localStorage.getItem(VIEWS_KEY) ?? "[]");
    return list.filter((one) => typeof one?.name === "string" && typeof one.view === "string");
  } catch {
    return [];
  }
}
