// Lines that are more than one connection: groups that open and close, ends that are joined, names of addresses; and the
// form that asks for them.

import { DASH, age, bytes, count, rate, visible, whole } from "./format.js";
import { Rows } from "./rows.js";

/** The figures of a group by column: the fact, and how it is written. */
const SUMS = {
  age: ["first_seen"], rx: ["bytes_received", bytes], tx: ["bytes_sent", bytes], rxrate: ["receive_rate", rate],
  txrate: ["send_rate", rate], rq: ["worst_receive_queue", count], sq: ["worst_send_queue", count], retr: ["retransmits", count],
};

/** Makes and fills the lines of one table: rows, and groups of them. */
export class Groups extends Rows {
  /** The names of the states, in the order of the frames. */
  states = [];

  #template = document.getElementById("group").content.querySelector("tr");
  #form = document.getElementById("shape");
  #rest = [];
  #filter = null;
  #told = new WeakMap(); // what a group's line shows that is dear to compare, or that a row has something beside it

  /** Takes the clicks and keys of the table's body and the form, which lead to views of the filter. */
  listen(body, filter) {
    this.#filter = filter;
    const hear = (kind, means) => body.addEventListener(kind, (event) => {
      const tr = event.target.closest("tr.group");
      if (!tr || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || !means(event, tr)) return;
      event.preventDefault();
      event.stopPropagation(); // a group is no row to select or to open
      this.#filter.go(toggled(this.#filter.wanted, tr.dataset.id.slice(1)), true);
    }, true);
    hear("click", () => getSelection().isCollapsed);
    hear("keydown", ({ key }, tr) => {
      const open = tr.querySelector("a").ariaExpanded === "true";
      return key === "Enter" || key === " " || key === (open ? "ArrowLeft" : "ArrowRight");
    });
    for (const kind of ["change", "submit"]) {
      this.#form.addEventListener(kind, (event) => {
        event.preventDefault();
        this.#lay();
      });
    }
  }

  /** Makes the form say what the view is. */
  sync(encode) {
    const view = new URLSearchParams(encode);
    const { group, pair, names } = this.#form.elements;
    group.value = view.get("group") ?? "";
    pair.checked = view.has("pair");
    names.checked = view.has("names");
  }

  /** Says which columns lines have from now on. */
  use(names) {
    super.use(names);
    const first = names.findIndex((name) => SUMS[name]);
    const lead = Math.max(1, first < 0 ? names.length : first);
    this.#rest = names.slice(lead);
    document.getElementById("rows").parentElement.style.setProperty("--lead", lead + 1);
  }

  make(id) {
    if (id[0] !== "=") return super.make(id);
    const tr = document.importNode(this.#template, true);
    tr.dataset.id = id;
    this.adopt(tr);
    return tr;
  }

  adopt(tr) {
    if (tr.dataset.id[0] !== "=") {
      super.adopt(tr);
      return;
    }
    tr.tabIndex = tr.querySelector("a").tabIndex = -1;
    const cells = ["group", ...this.#rest].map((name) => {
      const td = tr.querySelector(`[data-col="${name}"]`) ?? document.createElement("td");
      td.dataset.col = name;
      td.role = "gridcell";
      return td;
    });
    tr.replaceChildren(...cells);
  }

  fill(tr, row, at, ...rest) {
    if (row.id[0] === "=") this.#group(tr, row, at);
    else {
      super.fill(tr, row, at, ...rest);
      if (row.remote_name || row.pair_id || this.#told.has(tr)) this.#beside(tr, row);
    }
  }

  #group(tr, row, at) {
    const [button, note] = tr.querySelectorAll("a, .note");
    const encode = this.#filter.encode;
    const told = `${encode} ${row.states}`;
    const none = this.#form.elements.group.selectedOptions[0].dataset.none ?? "";
    const known = row.label !== null;
    say(button.firstElementChild, known ? visible(row.label) : none);
    mend(button, "title", whole(row.label ?? ""));
    mend(button, "class", known ? "fold" : "fold unknown");
    say(note, visible(row.note ?? ""));
    mend(note, "title", whole(row.note ?? ""));
    say(tr.querySelector(".n"), count(row.connections));
    mend(button, "aria-expanded", String(row.open));
    for (const td of [...tr.cells].slice(1)) {
      const [fact, write] = SUMS[td.dataset.col] ?? [];
      if (!fact) continue;
      const value = row[fact];
      const since = Math.max(0, at - value);
      say(td, value === null ? DASH : write ? write(value) : age(since, row.opened_at !== null));
      mend(td, "class", value ? "num" : value === null ? "num unknown" : "num zero");
    }
    if (this.#told.get(tr) === told) return;
    this.#told.set(tr, told);
    button.href = `/?${toggled(encode, row.id.slice(1))}`;
    tr.querySelector(".mix").replaceChildren(...this.#counts(row.states));
  }

  /** One element for each state of which there are connections. */
  #counts(pairs) {
    const all = [];
    for (let i = 0; i < pairs.length; i += 2) {
      const span = document.createElement("span");
      span.dataset.state = span.title = this.states[pairs[i]];
      span.textContent = count(pairs[i + 1]);
      span.role = "img";
      span.ariaLabel = `${span.textContent} ${span.title}`;
      all.push(span);
    }
    return all;
  }

  /** Writes what stands beside a connection: the name of its remote address, and the other end that is joined to it. */
  #beside(tr, row) {
    this.#told.set(tr, "");
    const [remote, proc] = ["remote", "proc"].map((name) => tr.querySelector(`[data-col="${name}"]`));
    const name = row.remote_name ?? "";
    if (remote) mend(remote, "data-name", visible(name));
    if (remote && name) remote.title += ` ${whole(name)}`;
    if (!proc) return;
    const joined = row.pair_id ?? null;
    const state = joined && row.pair_state !== row.state ? row.pair_state : "";
    const pid = row.pair_pid ? `, PID ${row.pair_pid}` : "";
    mend(proc, "data-peer", joined && visible(row.pair_process ?? DASH) + (state && ` · ${state}`));
    if (joined) proc.title += ` → ${whole(row.pair_process ?? row.pair_owner_note ?? DASH)}${pid}${state && `, ${state}`}`;
  }

  /** Shows the view as the form says. Another grouping has other groups to open. */
  #lay() {
    const view = new URLSearchParams(this.#filter.wanted);
    const { group, pair, names } = this.#form.elements;
    if (group.value !== (view.get("group") ?? "")) view.delete("open");
    view.set("group", group.value);
    view.set("pair", Number(pair.checked));
    view.set("names", Number(names.checked));
    this.#filter.go(view.toString(), false);
  }
}

/** A view with the group of that key opened, or closed where it is open. */
function toggled(encode, key) {
  const view = new URLSearchParams(encode);
  const open = view.getAll("open");
  view.delete("open");
  for (const one of open) if (one !== key) view.append("open", one);
  if (!open.includes(key)) view.append("open", key);
  return view.toString();
}

/** Writes a text where it is another one. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Writes an attribute where it is another one; an empty one is taken away. */
function mend(element, name, value) {
  if ((element.getAttribute(name) ?? "") === (value || "")) return;
  if (value) element.setAttribute(name, value);
  else element.removeAttribute(name);
}
