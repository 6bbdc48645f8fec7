// The filter: the box, its chips, and every link that leads to another view. The server is the only one that reads the
// language; this asks it what a text means and shows the answer.

import { visible, whole } from "./format.js";
import { lazy } from "./lazy.js";

/** What a text that is typed anew leaves as it is, beside the order. */
const LAYOUT = new Set(["group", "open", "pair", "names"]);
const PAUSE = 300; // between the last key and the question what the text means

/**
 * Watches the form and the links marked data-view. `show(answer)` is called with what the server says of the view to
 * show; the address bar and everything around the table are up to date by then.
 */
export class Filter {
  #form = document.getElementById("filter");
  #box = this.#form.elements.q;
  #sort = this.#form.elements.sort;
  #problem = document.getElementById("problem");
  #offer = document.getElementById("offer");
  #complete = lazy(async () => new (await import("./complete.js")).Complete(this.#box));
  #typing = 0;
  #chips = document.getElementById("chips");
  #chip = document.getElementById("chip").content.querySelector("li");
  #show;
  #asked = 0;
  /** The view in force, as the URL has it. */
  encode = document.body.dataset.encode;
  /** The view that the browser's history has, and its address; while the reader types, the address bar is ahead of it. */
  #kept = this.encode;
  #address = "";
  #wanted = "";
  /** The view in force, as the box has it. */
  text = this.#problem.hidden ? this.#box.value : "";
  /** Gives a view that is asked for the look of the one in force. */
  join = (encode) => encode;

  constructor(show) {
    this.#show = show;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#enter();
    });
    this.#box.addEventListener("change", () => this.#enter());
    this.#box.addEventListener("focus", () => this.#complete());
    this.#box.addEventListener("input", ({ isTrusted }) => {
      if (isTrusted) this.#complete().then((complete) => complete?.typed());
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#ask(this.#typed(), true, { typing: true }), PAUSE);
    });
    document.addEventListener("click", (event) => this.#click(event));
    addEventListener("popstate", () => {
      const search = location.search.slice(1);
      if (search !== this.encode) this.#ask(search, false);
    });
  }

  /** The view that is on its way, or else the one in force: what a change of a part begins with. */
  get wanted() {
    return this.#wanted || this.encode;
  }

  /** Puts the cursor into the box. */
  focus() {
    this.#box.focus();
    this.#box.select();
  }

  /** Asks for what the server knows of the view in the address bar, which has changed without it. */
  refresh() {
    this.#ask(location.search.slice(1), false);
  }

  /** Shows one sentence under the box, or nothing for "". */
  problem(text) {
    this.#problem.textContent = text;
    this.#problem.hidden = text === "";
    if (text === "") this.#box.removeAttribute("aria-invalid");
    else this.#box.setAttribute("aria-invalid", "true");
  }

  /** Shows another view; with `stay` it is the same place seen in another way, and no new entry of the history. */
  go(search, stay) {
    this.#ask(search, true, { stay });
  }

  #enter() {
    this.#ask(this.#typed(), true);
  }

  #typed() {
    const query = new URLSearchParams({ q: this.#box.value });
    for (const [name, value] of new URLSearchParams(this.encode)) if (LAYOUT.has(name)) query.append(name, value);
    if (this.#sort.value) query.set("sort", this.#sort.value);
    return this.join(query.toString());
  }

  /** Follows a link without leaving the page, unless the reader wants it elsewhere. */
  #click(event) {
    const link = event.target.closest?.("a[data-view]");
    const then = event.shiftKey ? link?.dataset.then : undefined;
    const shifted = event.shiftKey && then === undefined;
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !shifted && !event.altKey;
    if (!link || !plain || event.defaultPrevented) return;
    event.preventDefault();
    const search = then ?? new URL(link.href).search.slice(1);
    this.#ask(link.dataset.view === "look" ? search : this.join(search), true);
  }

  /** Asks the server what a view means, and takes it. Only the last question counts. */
  async #ask(search, push, { typing = false, stay = false } = {}) {
    const asked = ++this.#asked;
    this.#wanted = search;
    clearTimeout(this.#typing);
    const text = this.#box.value;
    let answer;
    try {
      const response = await fetch(`/view?${search}`, { headers: { Accept: "application/json" } });
      answer = await response.json();
    } catch {
      answer = { error: "The server does not answer; the view stays as it is." };
    }
    if (asked !== this.#asked) return;
    this.#wanted = "";
    // The columns are others by now: who changed them asks again.
    if (!push && columnsOf(location.search) !== columnsOf(search)) return;
    this.problem(answer.error ?? "");
    this.#suggest(answer.hint);
    if (answer.error) return;
    const changed = answer.encode !== this.encode;
    if (typing) {
      if (this.encode === this.#kept) this.#address = location.pathname + location.search;
      if (changed) history.replaceState(null, "", address(answer.encode));
    } else {
      if (push && stay) history.replaceState(null, "", address(answer.encode));
      else if (push && answer.encode !== this.#kept) {
        if (this.encode !== this.#kept) history.replaceState(null, "", this.#address);
        history.pushState(null, "", address(answer.encode));
        this.#complete().then((complete) => complete?.remember(answer.box));
      }
      this.#kept = answer.encode;
      // What was typed in the meantime is not taken away.
      if (this.#box.value === text) this.#box.value = answer.box;
    }
    this.#take(answer);
    if (changed || !typing) this.#show(answer, stay);
  }

  /** Offers another view that may be meant, or nothing. */
  #suggest(hint) {
    this.#offer.hidden = !hint;
    if (!hint) return;
    const link = this.#offer.querySelector("a");
    link.textContent = visible(hint.text);
    link.href = address(hint.encode);
  }

  #take({ encode, rows, box, chips, sort, headers, then }) {
    this.encode = encode;
    this.text = box;
    this.#sort.value = sort.map(({ column, desc }) => (desc ? "-" : "") + column).join(",");
    this.#sort.disabled = this.#sort.value === "";
    const focused = this.#chips.contains(document.activeElement);
    this.#chips.replaceChildren(...chips.map((chip) => this.#make(chip)));
    if (focused) (this.#chips.querySelector("a") ?? this.#box).focus();
    for (const th of document.querySelectorAll("th[aria-sort]")) pointHeader(th, sort, headers, then);
    for (const link of document.querySelectorAll("a[data-export]")) {
      link.href = `/connections.${link.dataset.export}${encode ? `?${encode}` : ""}`;
    }
    for (const link of document.querySelectorAll("#states a")) {
      if (rows === `state=${link.dataset.state}`) link.setAttribute("aria-current", "true");
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

function columnsOf(search) {
  return new URLSearchParams(search).get("cols");
}

function pointHeader(th, [first, second], headers, then) {
  const name = th.dataset.sort ?? th.dataset.col;
  const link = th.querySelector("a");
  th.setAttribute("aria-sort", first?.column !== name ? "none" : first.desc ? "descending" : "ascending");
  link.dataset.second = second?.column !== name ? "" : second.desc ? "▾" : "▴";
  link.dataset.then = then[name] ?? "";
  link.href = address(headers[name]);
  link.hidden = !(name in headers);
}
