// Completions of the filter box: an editable combobox whose list the server fills.

import { count, visible } from "./format.js";
import { recall, remember } from "./memory.js";

const LAST = "filters";

/** Offers completions at the cursor, and earlier filters at the arrow up. */
export class Complete {
  #box;
  #list = document.getElementById("suggestions");
  #option = document.getElementById("suggestion").content.querySelector("li");
  #options = [];
  #at = -1;
  #from = 0;
  #asked = 0;
  #timer = 0;
  #past = 0;

  constructor(box) {
    this.#box = box;
    box.addEventListener("keydown", (event) => this.#key(event));
    box.addEventListener("blur", () => this.close());
    this.#list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the box keeps the focus
      const i = [...this.#list.children].indexOf(event.target.closest("li"));
      if (i >= 0) this.#accept(i);
    });
  }

  /** Offers what may come next, a moment after the last key. */
  typed() {
    this.#past = 0;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), 120);
  }

  /** Takes the offers away. */
  close() {
    clearTimeout(this.#timer);
    this.#asked++;
    this.#fill([]);
  }

  /** Remembers a filter for the arrow up. */
  remember(text) {
    if (text) remember(LAST, JSON.stringify([text, ...earlier().filter((t) => t !== text)].slice(0, 30)));
  }

  async #ask() {
    const asked = ++this.#asked;
    const { value, selectionEnd } = this.#box;
    const search = new URLSearchParams({ q: value.slice(0, selectionEnd), rest: value.slice(selectionEnd) });
    try {
      const { from, to, options } = await (await fetch(`/complete?${search}`)).json();
      if (asked !== this.#asked) return;
      this.#from = from;
      // What is there already in full needs no offer.
      this.#fill(options?.length === 1 && options[0].text === value.slice(from, to) ? [] : (options ?? []));
    } catch {
      this.#fill([]);
    }
  }

  #fill(options) {
    this.#options = options;
    this.#list.replaceChildren(
      ...options.map(({ label, note = "", n }, i) => {
        const li = document.importNode(this.#option, true);
        li.id = `suggestion${i}`;
        li.querySelector(".name").textContent = visible(label);
        li.querySelector(".note").textContent = note;
        li.querySelector(".n").textContent = n === undefined ? "" : count(n);
        return li;
      }),
    );
    this.#list.hidden = options.length === 0;
    this.#box.setAttribute("aria-expanded", options.length > 0);
    this.#mark(-1);
  }

  #mark(at) {
    this.#list.children[this.#at]?.setAttribute("aria-selected", "false");
    this.#at = at;
    const li = this.#list.children[at];
    if (!li) return this.#box.removeAttribute("aria-activedescendant");
    li.setAttribute("aria-selected", "true");
    li.scrollIntoView({ block: "nearest" });
    this.#box.setAttribute("aria-activedescendant", li.id);
  }

  #accept(i) {
    const { text } = this.#options[i];
    const key = text.endsWith(":");
    const { value, selectionEnd: to } = this.#box;
    const typed = value.slice(this.#from, to); // perhaps more than the server has seen
    if (to < this.#from || /[\s,()]/.test(typed)) return this.close();
    this.#box.setRangeText(key || value[to] === " " ? text : `${text} `, this.#from, to, "end");
    this.#fill([]);
    this.#box.dispatchEvent(new InputEvent("input", { bubbles: true }));
    if (key) this.typed();
    else this.close();
  }

  #key(event) {
    const open = !this.#list.hidden;
    const last = this.#options.length - 1;
    if (event.isComposing || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key === "ArrowDown" && open) this.#mark(this.#at < last ? this.#at + 1 : -1);
    else if (event.key === "ArrowDown" && this.#past > 0) this.#recall(this.#past - 1);
    else if (event.key === "ArrowDown") this.#ask();
    else if (event.key === "ArrowUp" && this.#at >= 0) this.#mark(this.#at - 1);
    else if (event.key === "ArrowUp") this.#recall(this.#past + 1);
    else if ((event.key === "Enter" || event.key === "Tab") && this.#at >= 0) this.#accept(this.#at);
    else if (event.key === "Escape" && open) this.close();
    else return event.key === "Enter" && this.close();
    event.preventDefault();
    event.stopPropagation();
  }

  #recall(past) {
    const text = past ? earlier()[past - 1] : "";
    if (text === undefined) return;
    this.close();
    this.#box.value = text;
    this.#box.dispatchEvent(new InputEvent("input", { bubbles: true }));
    this.close();
    this.#past = past;
  }
}

function earlier() {
  try {
    return JSON.parse(recall(LAST) || "[]");
  } catch {
    return [];
  }
}
