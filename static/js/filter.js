// The filter: the box, its chips, and every link that leads to another view. The server is the only one that reads the
// language; this asks it what a text means and shows the answer.

import { visible, whole } from "./format.js";

/**
 * Watches the form and the links marked data-view. `show(encode)` is called with the view to show, encoded as in the
 * URL; the address bar and everything around the table are up to date by then.
 */
export class Filter {
  #form = document.getElementById("filter");
  #box = this.#form.elements.q;
  #sort = this.#form.elements.sort;
  #problem = document.getElementById("problem");
  #chips = document.getElementById("chips");
  #chip = document.getElementById("chip").content.querySelector("li");
  #show;
  #asked = 0;
  /** The view in force, as the URL has it. */
  encode = document.body.dataset.encode;
  /** The view in force, as the box has it. */
  text = this.#problem.hidden ? this.#box.value : "";

  constructor(show) {
    this.#show = show;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask(this.#typed(), true);
    });
    this.#box.addEventListener("search", () => this.#box.value === "" && this.#ask(this.#typed(), true));
    document.addEventListener("click", (event) => this.#click(event));
    addEventListener("popstate", () => {
      const search = location.search.slice(1);
      if (search !== this.encode) this.#ask(search, false);
    });
  }

  /** Puts the cursor into the box. */
  focus() {
    this.#box.focus();
    this.#box.select();
  }

  /** Shows one sentence under the box, or nothing for "". */
  problem(text) {
    this.#problem.textContent = text;
    this.#problem.hidden = text === "";
    if (text === "") this.#box.removeAttribute("aria-invalid");
    else this.#box.setAttribute("aria-invalid", "true");
  }

  #typed() {
    const query = new URLSearchParams({ q: this.#box.value });
    if (this.#sort.value) query.set("sort", this.#sort.value);
    return query.toString();
  }

  /** Follows a link without leaving the page, unless the reader wants it elsewhere. */
  #click(event) {
    const link = event.target.closest?.("a[data-view]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented) return;
    event.preventDefault();
    this.#ask(new URL(link.href).search.slice(1), true);
  }

  /** Asks the server what a view means, and takes it. Only the last question counts. */
  async #ask(search, push) {
    const asked = ++this.#asked;
    let answer;
    try {
      const response = await fetch(`/view?${search}`, { headers: { Accept: "application/json" } });
      answer = await response.json();
    } catch {
      answer = { error: "The server does not answer; the view stays as it is." };
    }
    if (asked !== this.#asked) return;
    this.problem(answer.error ?? "");
    if (answer.error) return;
    if (push && answer.encode !== this.encode) history.pushState(null, "", answer.encode ? `/?${answer.encode}` : "/");
    this.#take(answer);
    this.#show(answer.encode);
  }

  #take({ encode, box, chips, sort, headers }) {
    this.encode = encode;
    this.text = box;
    this.#box.value = box;
    this.#sort.value = sort.map(({ column, desc }) => (desc ? "-" : "") + column).join(",");
    this.#sort.disabled = this.#sort.value === "";
    const focused = this.#chips.contains(document.activeElement);
    this.#chips.replaceChildren(...chips.map((chip) => this.#make(chip)));
    if (focused) (this.#chips.querySelector("a") ?? this.#box).focus();
    for (const th of document.querySelectorAll("th[aria-sort]")) pointHeader(th, sort[0], headers[th.dataset.col]);
    for (const link of document.querySelectorAll("a[data-export]")) {
      link.href = `/connections.${link.dataset.export}${encode ? `?${encode}` : ""}`;
    }
    for (const link of document.querySelectorAll("#states a")) {
      if (encode === `state=${link.dataset.state}`) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  #make({ text, remove }) {
    const li = document.importNode(this.#chip, true);
    const link = li.querySelector("a");
    li.querySelector(".text").textContent = visible(text);
    link.href = remove ? `/?${remove}` : "/";
    link.setAttribute("aria-label", `Remove ${whole(text)}`);
    return li;
  }
}

function pointHeader(th, first, encode) {
  const mine = first?.column === th.dataset.col;
  th.setAttribute("aria-sort", !mine ? "none" : first.desc ? "descending" : "ascending");
  th.querySelector("a").href = encode ? `/?${encode}` : "/";
}
