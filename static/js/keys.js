// The keyboard: one key, or two after each other, for what one does often. Which keys there are stands in the sheet that
// explains them.

const BETWEEN = 1_500; // milliseconds from the first to the second key
const REMEMBERED = "sockeye.keys";

const MAC = /Mac|iP(hone|ad)/.test(navigator.platform);

/** Calls `actions[name]()` for the keys of the sheet; what leads to a page goes there. */
export class Keys {
  #sheet = document.getElementById("shortcuts");
  #switch = document.getElementById("keyswitch");
  #byKeys = new Map();
  #actions;
  #begun = "";
  #timer = 0;

  constructor(actions) {
    this.#actions = { ...actions, help: () => this.#sheet.togglePopover() };
    for (const { dataset } of this.#sheet.querySelectorAll("tr[data-keys]")) this.#byKeys.set(dataset.keys, dataset);
    try {
      this.#switch.checked = localStorage.getItem(REMEMBERED) !== "off";
    } catch {
      // Without a memory they work until they are switched off.
    }
    this.#switch.addEventListener("change", () => this.#remember());
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("click", (event) => {
      const name = event.target.closest?.("[data-do]")?.dataset.do;
      if (name) this.run(name);
    });
  }

  /** What can be done, for the palette: [{action, help, keys}]. */
  list() {
    const rows = [...this.#sheet.querySelectorAll("[data-action]")].filter(({ dataset }) => dataset.action !== "palette");
    return rows.map((row) => ({
      action: row.dataset.action, keys: row.dataset.keys ?? "", help: (row.cells?.[1] ?? row).textContent,
    }));
  }

  /** Does something by its name. */
  run(name) {
    const href = [...this.#byKeys.values()].find((key) => key.action === name)?.href;
    if (href) location.href = href;
    else this.#actions[name]?.();
  }

  #remember() {
    try {
      localStorage.setItem(REMEMBERED, this.#switch.checked ? "on" : "off");
    } catch {
      // It is forgotten with the page.
    }
  }

  #key(event) {
    const { key, target } = event;
    const typing = target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if ((MAC ? event.metaKey : event.ctrlKey) && !event.altKey && !event.shiftKey && key.toLowerCase() === "k") return this.#do(event, "Ctrl+K");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === "Escape" && typing && !target.closest("dialog") && !event.defaultPrevented) {
      event.preventDefault(); // which would empty the box
      target.blur();
    }
    if (typing || !this.#switch.checked || document.querySelector("dialog[open]")) return;
    if (event.repeat && key !== "j" && key !== "k") return;
    if (key === "Enter" && target.closest?.("a, button, summary, input")) return;
    const both = this.#begun && `${this.#begun} ${key}`;
    this.#begin("");
    if (this.#byKeys.has(both)) this.#do(event, both);
    else if (this.#byKeys.has(key)) this.#do(event, key);
    else if ([...this.#byKeys.keys()].some((keys) => keys.startsWith(`${key} `))) this.#begin(key);
  }

  /** Waits for the second key for a while. */
  #begin(key) {
    this.#begun = key;
    clearTimeout(this.#timer);
    if (key) this.#timer = setTimeout(() => (this.#begun = ""), BETWEEN);
  }

  #do(event, keys) {
    event.preventDefault();
    this.run(this.#byKeys.get(keys).action);
  }
}

/** The row that is selected, or has the focus; null where there is none. */
export function chosenRow(body) {
  return body.querySelector("tr[aria-selected=true]") ?? document.activeElement.closest?.("#rows tr") ?? null;
}

/** Puts text on the clipboard; without a secure context the old way, by a selection. */
export function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const box = Object.assign(document.createElement("textarea"), { value: text });
  const focused = document.activeElement;
  document.body.append(box);
  box.select();
  document.execCommand("copy");
  box.remove();
  focused?.focus({ preventScroll: true });
}
