// The facets: values with their counts beside the table. The server counts and sends the greatest; a click shows a
// value alone, Alt leaves it out, Shift adds it to what is chosen.

import { count, visible, whole } from "./format.js";

/** Shows frames of facets. `go(search)` is called with the view that the reader chooses. */
export class Facets {
  #box = document.getElementById("facets");
  #item = document.getElementById("facet").content.querySelector("li");
  #shown = new Map();
  #go;

  constructor(go) {
    this.#go = go;
    this.#box.addEventListener("click", (event) => this.#click(event));
    this.#box.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Takes a frame. While the reader is at the facets, values stay where they are and only their counts change. */
  show({ facets }) {
    const calm = this.#box.matches(":hover, :focus-within");
    for (const facet of facets) {
      const section = this.#box.querySelector(`[data-key="${facet.key}"]`);
      const list = section.querySelector("ul");
      const before = this.#shown.get(facet.key);
      const same = before && [0, 1, 2].every((i) => `${chosen(before)[i]}` === `${chosen(facet)[i]}`);
      this.#shown.set(facet.key, facet);
      const items = new Map([...list.children].map((li) => [li.dataset.value, li]));
      if (calm && same) for (const [value, li] of items) tally(li, countIn(facet, value));
      else this.#fill(list, items, facet);
      section.hidden = list.childElementCount === 0;
      section.querySelector(".more").hidden = !facet.more;
      section.querySelector(".more").textContent = `${count(facet.more ?? 0)} more`;
    }
  }

  #fill(list, items, facet) {
    const focused = document.activeElement;
    const next = facet.values.map(([value, n, label, note]) => {
      const li = items.get(value) ?? this.#make(value, label || value, note);
      tally(li, n);
      const { in: yes = [], out: no = [], rest } = facet;
      li.className = yes.includes(value) ? "in" : no.includes(value) ? "out" : "";
      const link = li.querySelector("a");
      link.href = `/?${yes.length === 1 && yes[0] === value && no.length === 0 ? rest : join(rest, facet.key, [value])}`;
      if (yes.includes(value)) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      return li;
    });
    if (next.some((li, i) => li !== list.children[i]) || next.length !== list.childElementCount) list.replaceChildren(...next);
    next.forEach((li, i) => li.querySelectorAll("a, button").forEach((control, j) => (control.tabIndex = i + j ? -1 : 0)));
    if (focused !== document.activeElement) (focused.isConnected ? focused : list.querySelector("a"))?.focus();
  }

  #make(value, label, note = "") {
    const li = document.importNode(this.#item, true);
    li.dataset.value = value;
    li.querySelector(".name").textContent = visible(label);
    li.querySelector(".note").textContent = note;
    li.querySelector("a").title = whole(label);
    for (const button of li.querySelectorAll("button")) button.setAttribute("aria-label", button.getAttribute("aria-label") + whole(label));
    return li;
  }

  #click(event) {
    const control = event.target.closest("a, button");
    const how = control?.dataset.how ?? (event.altKey ? "not" : event.shiftKey ? "add" : "");
    const facet = this.#shown.get(control?.closest("section").dataset.key);
    if (!how || !facet || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const { value } = control.closest("li").dataset;
    const { key, rest, in: yes = [], out: no = [] } = facet;
    const turn = (list, on) => (on && !list.includes(value) ? [...list, value] : list.filter((v) => v !== value));
    this.#go(join(join(rest, key, turn(yes, how === "add")), `-${key}`, turn(no, how === "not")));
  }

  /** One stop of the Tab key for each list: the arrows go to its values and to what can be done with them. */
  #key(event) {
    const controls = [...(event.target.closest("ul")?.querySelectorAll("a, button") ?? [])];
    const step = { ArrowDown: 3, ArrowUp: -3, ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const to = controls[controls.indexOf(event.target) + step];
    if (!to || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    to.focus();
  }
}

function chosen({ rest, in: yes, out: no }) {
  return [rest, yes ?? "", no ?? ""];
}

/** How many connections have a value; null where that is not told: it is counted, but others have more. */
function countIn({ values, more }, value) {
  const told = values.find(([text]) => text === value);
  return told ? told[1] : more ? null : 0;
}

function tally(li, n) {
  const text = n === null ? "" : count(n);
  const place = li.querySelector(".n");
  if (place.textContent !== text) place.textContent = text;
}

/** A view with a term more; the values are written as in the box. */
function join(rest, key, values) {
  return [rest, values.length ? `${key}=${values.map(encodeURIComponent).join(",")}` : ""].filter(Boolean).join("&");
}
