// One connection, kept up to date: the server's article of it, taken over in place, so that what is unfolded, focused
// and scrolled stays as the reader left it.

import { Idiomorph } from "./idiomorph.js";

const PACE = 1_000;
const GIVE_UP = 10_000;

/** The article of a connection in `place`; `taken()` is called whenever it is new. Call stop() when it is not seen any more. */
export class Article {
  #place;
  #id = "";
  #timer = 0;
  #request = null;
  #taken;

  constructor(place, taken = () => {}) {
    this.#place = place;
    this.#taken = taken;
    place.addEventListener("click", (event) => {
      const button = event.target.closest("[data-copy]");
      if (button) copy(button, place.querySelector("[data-copied]"));
      const names = event.target.closest("[data-ask]") && document.getElementById("names"); // the switch of the table
      if (!names) return;
      event.preventDefault();
      names.click();
    });
  }

  /** Shows a connection; the promise is done when it is there. */
  show(id) {
    this.stop();
    this.#id = id;
    return this.#load();
  }

  /** Keeps what the page came with up to date. */
  keep(id) {
    this.#id = id;
    this.#again();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#request = null;
  }

  #again() {
    const over = this.#place.querySelector("article")?.hasAttribute("data-over");
    if (!over) this.#timer = setTimeout(() => (this.#rests() ? this.#again() : this.#load()), PACE);
  }

  /** Whether nothing is to be changed now: nobody sees it, the table stands still, or the reader selects text. */
  #rests() {
    const selection = getSelection();
    const selecting = selection && !selection.isCollapsed && this.#place.contains(selection.anchorNode);
    return document.hidden || selecting || /^(paused|disconnected)$/.test(document.body.dataset.state ?? "");
  }

  #load() {
    const id = this.#id;
    const request = new XMLHttpRequest();
    this.#request = request;
    return new Promise((done) => {
      request.onloadend = () => {
        if (request !== this.#request) return;
        const article = request.response?.querySelector("article");
        this.#place.toggleAttribute("data-stale", !article);
        if (article) {
          this.#take(article, id);
          this.#taken();
        }
        this.#again();
        done();
      };
      // The name of the remote host is asked for where the table asks for names, or the page of the connection does.
      const names = new URLSearchParams(location.search).get("names") === "1" ? "&names=1" : "";
      request.open("GET", `/connections/${id}?panel=1${names}`);
      request.responseType = "document";
      request.timeout = GIVE_UP;
      request.send();
    });
  }

  #take(article, id) {
    const fresh = document.importNode(article, true);
    const old = this.#place.querySelector("article");
    if (old?.dataset.id !== id) {
      this.#place.querySelector("article")?.remove();
      this.#place.prepend(fresh);
      return;
    }
    Idiomorph.morph(old, fresh, {
      callbacks: { beforeAttributeUpdated: (name, node) => !(name === "open" && node.nodeName === "DETAILS") },
    });
  }
}

/** Copies the field that a button is of. Over plain http from another machine there is no clipboard: then the field is selected. */
async function copy(button, status) {
  const field = document.getElementById(button.dataset.copy);
  field.select();
  let copied = false;
  try {
    await navigator.clipboard.writeText(field.value);
    copied = true;
  } catch {
    copied = document.execCommand("copy");
  }
  if (copied) button.focus();
  else field.focus();
  status.textContent = copied ? "Copied." : "Selected: press Ctrl+C, or ⌘C, to copy.";
}

/** The panel beside the table. */
export class Panel {
  #panel = document.getElementById("inspector");
  #body = document.getElementById("inspector-body");
  #id = "";
  // Another view leaves the connection open, and the address has to say so again.
  #article = new Article(this.#body, () => this.#id && select(this.#id));

  constructor() {
    document.getElementById("inspector-close").addEventListener("click", () => this.close());
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Shows a connection and takes the focus there, unless `quiet`. */
  async open(id, quiet) {
    const other = id !== this.#id;
    this.#id = id;
    document.getElementById("inspector-page").href = `/connections/${id}`;
    select(id);
    if (other || this.#panel.hidden) await this.#article.show(id);
    if (this.#id !== id) return;
    this.#panel.hidden = false;
    if (other) this.#body.scrollTop = 0;
    if (!quiet) this.#body.querySelector("h2")?.focus({ preventScroll: true });
  }

  /** Hides the panel and gives the focus back to the row, unless `quiet`. */
  close(quiet) {
    if (this.#panel.hidden) return;
    const inside = this.#panel.contains(document.activeElement);
    this.#article.stop();
    this.#panel.hidden = true;
    const id = this.#id;
    this.#id = "";
    if (quiet) return;
    select("");
    document.dispatchEvent(new CustomEvent("sockeye:closed", { detail: id }));
    if (inside || document.activeElement === document.body) giveBack(id);
  }

  #key(event) {
    if (event.key !== "Escape" || this.#panel.hidden) return;
    const typing = event.target.closest?.("input, textarea, select");
    if (typing && !this.#panel.contains(typing) || document.querySelector(":popover-open, dialog[open]")) return;
    event.preventDefault();
    this.close();
  }
}

/** Focuses the row of a connection, or what is next to it that can be focused. */
function giveBack(id) {
  const row = document.querySelector(`#rows tr[data-id="${id}"]`);
  for (const target of [row, row?.querySelector("a"), document.getElementById("table")]) {
    target?.focus({ preventScroll: true });
    if (target && document.activeElement === target) return;
  }
}

/** Puts the selected connection into the URL, so that the address of the page is a link to what is seen. */
function select(id) {
  const pairs = location.search.slice(1).split("&").filter((pair) => pair && !pair.startsWith("sel="));
  if (id) pairs.push(`sel=${id}`);
  const search = pairs.length ? `?${pairs.join("&")}` : "";
  if (search !== location.search) history.replaceState(history.state, "", location.pathname + search);
}
