// One row of the table: cloned from the page's template, filled by text and attributes, written only where it changed.

import { DASH, age, bytes, count, host, rate, visible, whole } from "./format.js";

const GLYPHS = { new: "+", changed: "~", closed: "×" };

/** How each column is made of a row: a text, or null where it is not known. `at` is the moment of the frame. */
const FIGURES = {
  pid: (row) => known(row.pid, String),
  age: (row, at) => age(Math.max(0, at - (row.opened_at ?? row.first_seen)), row.opened_at !== null),
  rx: (row) => known(row.bytes_received, bytes),
  tx: (row) => known(row.bytes_sent, bytes),
  rxrate: (row) => known(row.receive_rate, rate),
  txrate: (row) => known(row.send_rate, rate),
  rq: (row) => known(row.receive_queue, count),
  sq: (row) => known(row.send_queue, count),
};

/** The fact behind a figure that is faint when it is zero. */
const ZERO = {
  rx: "bytes_received", tx: "bytes_sent", rxrate: "receive_rate", txrate: "send_rate",
  rq: "receive_queue", sq: "send_queue",
};

function known(value, write) {
  return value === null ? null : write(value);
}

/** Makes and fills the rows of one table. */
export class Rows {
  #template;
  #why = {};
  #parts = new WeakMap();

  /** Takes the template of a row and the header that says why cells can be unknown. */
  constructor(template, head) {
    this.#template = template.content.querySelector("tr");
    for (const th of head.querySelectorAll("th[data-why]")) this.#why[th.dataset.col] = th.dataset.why;
  }

  /** A new row, empty. */
  make(id) {
    const tr = document.importNode(this.#template, true);
    tr.dataset.id = id;
    return tr;
  }

  /** Writes a row's values and its mark. A row of the first page is taken over as it is. */
  fill(tr, row, at, mark) {
    const put = this.#writer(tr);
    put.text("mark", GLYPHS[mark] ?? "");
    put.attribute("tr", "class", mark);
    // What is closed keeps its last values; its age does not run on.
    if (mark === "closed" && put.filled) return;
    put.filled = true;
    put.text("proto", row.protocol);
    put.attribute("proto", "data-family", row.family);
    put.text("pill", row.state);
    put.attribute("pill", "data-state", row.state);
    this.#end(put, "local", row.local_address, row.local_port, row.local_service);
    this.#end(put, "remote", row.remote_address, row.remote_port, row.remote_service);
    put.attribute("remote", "data-dir", row.direction);
    this.#foreign(put, "proc", row.process, row.owner_note);
    this.#foreign(put, "user", row.user, null);
    for (const [name, text] of Object.entries(FIGURES)) this.#figure(put, name, text(row, at), row);
  }

  #end(put, name, address, port, service) {
    const text = host(address);
    const digits = address === null ? "" : `:${port}`;
    put.text(`${name}.addr`, text);
    put.text(`${name}.port`, digits);
    put.attribute(name, "data-service", service ?? "");
    const title = address === null ? "not connected to one remote end" : text + digits;
    put.attribute(name, "title", service ? `${title} (${service})` : title);
  }

  #foreign(put, name, value, note) {
    const missing = value === null || value === undefined || value === "";
    put.text(`${name}.bdi`, missing ? DASH : visible(value));
    put.attribute(name, "class", missing ? "unknown" : "");
    if (missing) put.attribute(name, "title", note || this.#why[name] || "");
    else put.attribute(name, "title", note ? `${whole(value)} (${note})` : whole(value));
  }

  #figure(put, name, text, row) {
    const missing = text === null;
    put.text(name, missing ? DASH : text);
    const faint = missing ? " unknown" : row[ZERO[name]] === 0 ? " zero" : "";
    put.attribute(name, "class", `num${faint}`);
    const why = name === "pid" ? row.owner_note || this.#why.pid : this.#why[name];
    put.attribute(name, "title", missing ? why ?? "" : "");
  }

  /** The elements of a row by name, with what was last written to each. */
  #writer(tr) {
    let put = this.#parts.get(tr);
    if (!put) this.#parts.set(tr, (put = new Writer(tr)));
    return put;
  }
}

/** Writes texts and attributes of one row, each only when it differs from what is there. */
class Writer {
  /** Whether the row shows values already. */
  filled = false;
  #elements;

  constructor(tr) {
    const cell = (name) => tr.querySelector(`[data-col="${name}"]`);
    this.#elements = { tr, pill: tr.querySelector(".pill") };
    for (const td of tr.cells) this.#elements[td.dataset.col] = td;
    for (const name of ["local", "remote"]) {
      this.#elements[`${name}.addr`] = cell(name).querySelector(".addr");
      this.#elements[`${name}.port`] = cell(name).querySelector(".port");
    }
    for (const name of ["proc", "user"]) this.#elements[`${name}.bdi`] = cell(name).querySelector("bdi");
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
