// The filter: the box, its chips, and every link that leads to another view. The server is the only one that reads the
// language; this asks it what a text means and shows the answer.

import { Complete } from "./complete.js";
import { visible, whole } from "./format.js";

const PAUSE = 300; // between the last key and the question what the text means

/**
 * Watches the form and the links marked data-view. `show(encode)` is called with the view to show, encoded as in the
 * URL; the address bar and everything around the table are up to date by then.
 */
export class Filter {
  #form = document.getElementById("filter");
  #box = this.#form.elements.q;
  #sort = this.#form.elements.sort;
  #problem = document.getElementById("problem");
  #offer = document.getElementById("offer");
  #complete = new Complete(this.#box);
  #typing = 0;
  #chips = document.getElementById("chips");
  #chip = document.getElementById("chip").content.querySelector("li");
  #show;
  #asked = 0;
  /** The view in force, as the URL has it. */
  encode = document.body.dataset.encode;
  /** The view that the browser's history has; while the reader types, the address is ahead of it. */
  #kept = this.encode;
  /** The view in force, as the box has it. */
  text = this.#problem.hidden ? this.#box.value : "";

  constructor(show) {
    this.#show = show;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#enter();
    });
    this.#box.addEventListener("change", () => this.#enter());
    this.#box.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#ask(this.#typed(), true, true), PAUSE);
    });
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

  /** Shows a view, encoded as in the URL but perhaps not canonically. */
  go(search) {
    this.#ask(search, true);
  }

  #enter() {
    this.#ask(this.#typed(), true);
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
  async #ask(search, push, typing = false) {
    const asked = ++this.#asked;
    clearTimeout(this.#typing);
    let answer;
    try {
      const response = await fetch(`/view?${search}`, { headers: { Accept: "application/json" } });
      answer = await response.json();
    } catch {
      answer = { error: "The server does not answer; the view stays as it is." };
    }
    if (asked !== this.#asked) return;
    this.problem(answer.error ?? "");
    this.#suggest(answer.hint);
    if (answer.error) return;
    const changed = answer.encode !== this.encode;
    if (typing) changed && history.replaceState(null, "", address(answer.encode));
    else {
      if (push && answer.encode !== this.#kept) {
        history.replaceState(null, "", address(this.#kept));
        history.pushState(null, "", address(answer.encode));
        this.#complete.remember(answer.box);
      }
      this.#kept = answer.encode;
      this.#box.value = answer.box;
    }
    this.#take(answer);
    if (changed || !typing) this.#show(answer.encode);
  }

  /** Offers another view that may be meant, or nothing. */
  #suggest(hint) {
    this.#offer.hidden = !hint;
    if (!hint) return;
    const link = this.#offer.querySelector("a");
    link.textContent = visible(hint.text);
    link.href = address(hint.encode);
  }

  #take({ encode, box, chips, sort, headers }) {
    this.encode = encode;
    this.text = box;
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
    link.href = address(remove);
    link.setAttribute("aria-label", `Remove ${whole(text)}`);
    return li;
  }
}

function address(encode) {
  return encode ? `/?${encode}` : "/";
}

function pointHeader(th, first, encode) {
  const mine = first?.column === th.dataset.col;
  th.setAttribute("aria-sort", !mine ? "none" : first.desc ? "descending" : "ascending");
  th.querySelector("a").href = address(encode);
}
