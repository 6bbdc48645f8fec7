// One row of the table: cloned from the page's template, filled by text and attributes, written only where it changed.

import { DASH, age, bytes, count, host, millis, rate, stamp, visible, whole } from "./format.js";

/** What ends the reason why no process is known. views/columns.go has the same. */
const TELLS = "; /platforms says which source tells what";
const GLYPHS = { new: "+", changed: "~", closed: "×", left: "−" };

/** Columns with a figure: the field it is made of, how it is written, and whether it is faint at zero. */
const FIGURES = {
  pid: ["pid", String],
  uid: ["uid", String],
  port: ["local_port", String],
  rport: ["remote_port", String],
  age: ["first_seen", null],
  opened: ["opened_at", stamp],
  seen: ["first_seen", stamp],
  rx: ["bytes_received", bytes, true],
  tx: ["bytes_sent", bytes, true],
  rxrate: ["receive_rate", rate, true],
  txrate: ["send_rate", rate, true],
  rq: ["receive_queue", count, true],
  sq: ["send_queue", count, true],
  rtt: ["rtt_ms", millis, true],
  retr: ["retransmits", count, true],
  drops: ["drops", count, true],
};

/** Columns with a text, by the field it is made of. */
const TEXTS = { proc: "process", user: "user", dir: "direction", fam: "family", id: "id", peer: "peer_id" };

/** Makes and fills the rows of one table. */
export class Rows {
  /** Whether ports and users stand as numbers alone. */
  numeric = false;
  #template;
  #row;
  #names = [];
  #why = {};
  #parts = new WeakMap();

  /** Takes the template of a row, with all columns, and the header that says why cells can be unknown. */
  constructor(template, head) {
    this.#template = template.content.querySelector("tr");
    for (const td of this.#template.cells) td.setAttribute("role", "gridcell");
    skipLinks(this.#template);
    for (const th of head.querySelectorAll("th[data-why]")) this.#why[th.dataset.col] = th.dataset.why;
  }

  /** Says which columns rows have from now on. Rows that are there already are to be adopted. */
  use(names) {
    this.#names = names;
    this.#row = this.#template.cloneNode(false);
    for (const name of ["mark", ...names]) this.#row.append(cellOf(this.#template, name).cloneNode(true));
    this.#row.tabIndex = -1;
  }

  /** A new row, empty. */
  make(id) {
    const tr = document.importNode(this.#row, true);
    tr.dataset.id = id;
    const link = tr.querySelector("a");
    link.href = `/connections/${id}`;
    return tr;
  }

  /** Gives a row that was made before the columns of now; it keeps the cells that it has. */
  adopt(tr) {
    tr.tabIndex = -1;
    skipLinks(tr);
    tr.replaceChildren(...[...this.#row.cells].map((td) => {
      const cell = cellOf(tr, td.dataset.col) ?? document.importNode(td, true);
      cell.setAttribute("role", "gridcell");
      return cell;
    }));
    this.#parts.delete(tr);
  }

  /** Writes a row's values and its mark; `changed` are columns that have just changed. */
  fill(tr, row, at, mark, changed, selected) {
    const put = this.#writer(tr);
    put.text("mark", GLYPHS[mark] ?? "");
    put.attribute("mark", "aria-label", mark ? `Details; ${mark}` : "Details");
    put.attribute("tr", "class", mark);
    put.attribute("tr", "aria-selected", selected ? "true" : "");
    // What is closed keeps its last values; its age does not run on.
    if ((mark === "closed" || mark === "left") && put.filled) return;
    put.filled = true;
    for (const name of this.#names) {
      this.#cell(put, name, row, at);
      put.attribute(name, "data-changed", changed.includes(name) ? "1" : "");
    }
  }

  #cell(put, name, row, at) {
    if (name === "proto") {
      put.text("proto", row.protocol);
      put.attribute("proto", "data-family", row.family);
    } else if (name === "state") {
      put.text("pill", row.state);
      put.attribute("pill", "data-state", row.state);
    } else if (name === "local") this.#end(put, name, row.local_address, row.local_port, row.local_service);
    else if (name === "remote") {
      this.#end(put, name, row.remote_address, row.remote_port, row.remote_service);
      put.attribute("remote", "data-dir", row.direction);
    } else if (name === "user" && this.numeric) this.#foreign(put, name, row.uid === null ? "" : String(row.uid), null);
    else if (TEXTS[name]) this.#foreign(put, name, row[TEXTS[name]], name === "proc" ? row.owner_note : null);
    else if (FIGURES[name]) this.#figure(put, name, row, at);
  }

  #end(put, name, address, port, service) {
    const text = host(address);
    const digits = address === null ? "" : `:${port}`;
    const word = this.numeric ? "" : service ?? "";
    put.text(`${name}.addr`, text);
    put.text(`${name}.port`, digits);
    put.attribute(name, "data-service", word);
    const title = address === null ? "not connected to one remote end" : text + digits;
    put.attribute(name, "title", word ? `${title} (${word})` : title);
  }

  #foreign(put, name, value, note) {
    const missing = value === null || value === undefined || value === "";
    put.text(`${name}.bdi`, missing ? DASH : visible(value));
    put.attribute(name, "class", missing ? "unknown" : "");
    if (missing) put.attribute(name, "title", note ? note + TELLS : this.#why[name] || "");
    else put.attribute(name, "title", note ? `${whole(value)} (${note})` : whole(value));
  }

  #figure(put, name, row, at) {
    const [field, write, faint] = FIGURES[name];
    const value = row[field] ?? null;
    const since = row.opened_at ?? row.first_seen;
    const text = write ? value !== null && write(value) : age(Math.max(0, at - since), row.opened_at !== null);
    const missing = value === null;
    put.text(name, missing ? DASH : text);
    if (name === "pid") put.attribute(name, "href", missing ? "" : `/processes/${value}`);
    put.attribute(name, "class", missing ? "num unknown" : faint && value === 0 ? "num zero" : "num");
    const why = name === "pid" ? row.owner_note ? row.owner_note + TELLS : this.#why.pid : this.#why[name];
    put.attribute(name, "title", missing ? why ?? "" : "");
  }

  /** The elements of a row by name, with what was last written to each. */
  #writer(tr) {
    let put = this.#parts.get(tr);
    if (!put) this.#parts.set(tr, (put = new Writer(tr)));
    return put;
  }
}

/** Takes the links of a row out of the way of the Tab key: one row is reached by it, its links by the mouse and by Enter. */
function skipLinks(tr) {
  for (const link of tr.querySelectorAll("a")) link.tabIndex = -1;
}

function cellOf(tr, name) {
  return tr.querySelector(`[data-col="${name}"]`);
}

/** Writes texts and attributes of one row, each only when it differs from what is there. */
class Writer {
  /** Whether the row shows values already. */
  filled = false;
  #elements;

  constructor(tr) {
    this.#elements = { tr };
    for (const td of tr.cells) {
      const name = td.dataset.col;
      this.#elements[name] = td.querySelector("a") ?? td;
      for (const part of td.querySelectorAll(".pill")) this.#elements.pill = part;
      for (const part of td.querySelectorAll("bdi")) this.#elements[`${name}.bdi`] = this.#elements[`${name}.addr`] = part;
      for (const part of td.querySelectorAll(".port")) this.#elements[`${name}.port`] = part;
    }
  }

  text(part, value) {
    const element = this.#elements[part];
    const node = element.firstChild;
    if (!node) {
      if (value !== "") element.textContent = value;
    } else if (node.data !== value) node.data = value;
  }

  attribute(part, name, value) {
    const element = this.#elements[part];
    const old = element.getAttribute(name) ?? "";
    if (old === value) return;
    if (value === "") element.removeAttribute(name);
    else element.setAttribute(name, value);
  }
}
