// The palette: a box in which one finds actions, views, pages, states, processes and ports by typing a part of them.

import { visible } from "./format.js";
import { savedViews } from "./saved.js";

const MOST_OPTIONS = 40;

/** Opens with open(); `keys` has the actions, `seen()` gives the rows that are there. */
export class Palette {
  #dialog = document.getElementById("palette");
  #box = this.#dialog.querySelector("input");
  #list = document.getElementById("palette-list");
  #none = this.#dialog.querySelector(".none");
  #template = document.getElementById("option").content.querySelector("li");
  #way = document.getElementById("way");
  #keys;
  #seen;
  #all = [];
  #found = [];
  #at = 0;

  constructor(keys, seen) {
    this.#keys = keys;
    this.#seen = seen;
    this.#box.addEventListener("input", () => this.#find());
    this.#box.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("pointermove", (event) => this.#mark(this.#place(event)));
    this.#list.addEventListener("click", (event) => this.#take(this.#place(event)));
    this.#dialog.addEventListener("click", (event) => event.target === this.#dialog && this.#dialog.close());
  }

  /** Shows the box, empty; closes it where it is open. */
  open() {
    if (this.#dialog.open) return this.#dialog.close();
    this.#all = this.#gather();
    this.#box.value = "";
    this.#dialog.showModal();
    this.#find();
  }

  /** Everything there is to find: {text, kind, run}. */
  #gather() {
    const all = this.#keys.list().map(({ action, help, keys }) => ({ text: help, kind: keys || "action", run: () => this.#keys.run(action) }));
    for (const { name, view } of savedViews()) all.push({ text: name, kind: "saved view", run: () => this.#go(view ? `/?${view}` : "/") });
    for (const [kind, selector] of [["view", ".presets a"], ["page", ".bar nav a"], ["state", "#states a"]]) {
      for (const link of document.querySelectorAll(selector)) {
        const text = (link.querySelector(".name") ?? link).textContent.trim();
        all.push({ text, kind, run: () => link.click() });
      }
    }
    const processes = new Set();
    const ports = new Map();
    for (const row of this.#seen()) {
      if (row.process) processes.add(row.process);
      for (const end of ["local", "remote"]) if (row[`${end}_port`]) ports.set(row[`${end}_port`], row[`${end}_service`] ?? "");
    }
    for (const name of [...processes].sort()) all.push({ text: name, kind: "process", run: () => this.#go(`/?q=${encodeURIComponent(`proc:${JSON.stringify(name)}`)}`) });
    for (const [port, service] of [...ports].sort((a, b) => a[0] - b[0])) {
      all.push({ text: `${port} ${service}`.trim(), kind: "port", run: () => this.#go(`/ports/${port}`) });
    }
    return all;
  }

  /** Follows a link as if it stood in the page: a view is shown without leaving it. */
  #go(url) {
    this.#way.href = url;
    this.#way.toggleAttribute("data-view", this.#way.pathname === "/");
    this.#way.click();
  }

  #find() {
    const typed = this.#box.value.trim();
    const words = typed.toLowerCase().split(/\s+/);
    // What begins with the first word stands before what only has it somewhere.
    const low = ({ text, kind }) => `${text} ${kind}`.toLowerCase();
    const rank = (item) => (low(item).startsWith(words[0]) ? 0 : low(item).includes(` ${words[0]}`) ? 1 : 2);
    const all = this.#all.filter((item) => words.every((word) => low(item).includes(word)));
    this.#found = all.sort((a, b) => rank(a) - rank(b)).slice(0, MOST_OPTIONS);
    if (/^\d{1,5}$/.test(typed) && typed < 65_536) this.#found.push({ text: `Look up port ${typed}`, kind: "port", run: () => this.#go(`/ports/${typed}`) });
    if (typed) this.#found.push({ text: `Filter by ${typed}`, kind: "filter", run: () => this.#go(`/?q=${encodeURIComponent(typed)}`) });
    this.#list.replaceChildren(...this.#found.map((item, i) => this.#option(item, i)));
    this.#none.textContent = typed ? `${this.#found.length} found` : "";
    this.#mark(0);
  }

  #option({ text, kind }, i) {
    const li = document.importNode(this.#template, true);
    li.id = `option-${i}`;
    li.querySelector(".text").textContent = visible(text);
    li.querySelector(".kind").textContent = kind;
    return li;
  }

  #place(event) {
    return [...this.#list.children].indexOf(event.target.closest("li"));
  }

  #mark(at) {
    if (at < 0 || at >= this.#found.length) return;
    this.#list.children[this.#at]?.setAttribute("aria-selected", "false");
    this.#at = at;
    const option = this.#list.children[at];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.#box.setAttribute("aria-activedescendant", option.id);
  }

  #key(event) {
    const last = this.#found.length - 1;
    if (event.key === "ArrowDown") this.#mark(this.#at < last ? this.#at + 1 : 0);
    else if (event.key === "ArrowUp") this.#mark(this.#at > 0 ? this.#at - 1 : last);
    else if (event.key === "Enter") this.#take(this.#at);
    else if (event.key === "Escape") this.#dialog.close();
    else return;
    event.preventDefault();
  }

  #take(at) {
    const item = this.#found[at];
    if (!item) return;
    this.#dialog.close();
    item.run();
  }
}
