// The rows of the window, as the frames tell them, with what has just happened to each.

const NEW_FOR = 2_000;
const CHANGED_FOR = 2_000;
const CLOSED_FOR = 5_000;

/** Cells whose change is worth a sign; bytes and rates change all the time. */
const TELLING = ["state", "receive_queue", "send_queue"];

/**
 * Rows by id in the view's order. Rows whose socket is gone stay in their place for five seconds. Times are those of
 * performance.now(), handed in.
 */
export class Store {
  /** The sequence number of the last frame applied. */
  seq = -1;
  /** What the last frame said of the whole: at, interval, total, matched, counts, stale, notes, source. */
  status = { at: 0, interval: 1000, total: 0, matched: 0, counts: [], stale: null, notes: [], source: "" };
  /** The place of the first row in the view. */
  offset = 0;
  /** The ids to show, in order: those of the window and those that linger. */
  shown = [];

  #columns = [];
  #rows = new Map();
  #order = [];
  #marks = new Map();

  /** Takes the schema of the rows. */
  hello(frame) {
    this.#columns = frame.columns;
  }

  /** Takes a whole window. What lingers is forgotten. */
  snap(frame) {
    this.#note(frame);
    this.offset = frame.offset;
    this.#rows = new Map(frame.rows.map((cells) => [cells[0], this.#row(cells)]));
    this.#order = [...this.#rows.keys()];
    this.#marks.clear();
    this.shown = this.#order;
  }

  /** Takes a change, whose lists are left out where they are empty. Returns false, and takes nothing, where frames are missing before it. */
  delta(frame, now) {
    if (frame.from !== this.seq) return false;
    const { put = [], since = [], closed = [], order = this.#order } = frame;
    this.#note(frame);
    for (const cells of put) this.#put(this.#row(cells), now);
    for (const id of since) this.#mark(id, "new", now + NEW_FOR);
    for (const id of closed) this.#mark(id, "closed", now + CLOSED_FOR);
    const gone = new Set(closed);
    this.#expire(now);
    this.#order = order.filter((id) => !gone.has(id));
    this.#merge();
    return true;
  }

  /** Forgets marks that are over. Returns the time of the next one to end, or Infinity. */
  sweep(now) {
    if (this.#expire(now)) this.#merge();
    let next = Infinity;
    for (const mark of this.#marks.values()) next = Math.min(next, mark.until);
    return next;
  }

  /** Drops marks that are over, drawn or not: a hidden tab draws nothing. Returns whether a row lingers no more. */
  #expire(now) {
    let closed = false;
    for (const [id, mark] of this.#marks) {
      if (mark.until > now) continue;
      this.#marks.delete(id);
      closed ||= mark.kind === "closed";
    }
    return closed;
  }

  /** The row of an id, undefined where it left the window. */
  row(id) {
    return this.#rows.get(id);
  }

  /** "new", "changed", "closed", or "". */
  mark(id) {
    return this.#marks.get(id)?.kind ?? "";
  }

  #row(cells) {
    return Object.fromEntries(this.#columns.map((name, i) => [name, cells[i]]));
  }

  #note(frame) {
    this.seq = frame.seq;
    for (const name of Object.keys(this.status)) {
      if (frame[name] !== undefined) this.status[name] = frame[name];
    }
  }

  #put(row, now) {
    const old = this.#rows.get(row.id);
    this.#rows.set(row.id, row);
    if (old && TELLING.some((name) => old[name] !== row[name])) this.#mark(row.id, "changed", now + CHANGED_FOR);
  }

  #mark(id, kind, until) {
    if (kind !== "changed" || this.mark(id) !== "new") this.#marks.set(id, { kind, until });
  }

  /** Puts what lingers behind the row it stood behind, and forgets rows that are not shown any more. */
  #merge() {
    const present = new Set(this.#order);
    const behind = new Map();
    let anchor = null;
    for (const id of this.shown) {
      if (present.has(id)) anchor = id;
      else if (this.mark(id) !== "closed") continue;
      else if (behind.has(anchor)) behind.get(anchor).push(id);
      else behind.set(anchor, [id]);
    }
    this.shown = [...(behind.get(null) ?? [])];
    for (const id of this.#order) if (this.#rows.has(id)) this.shown.push(id, ...(behind.get(id) ?? []));
    const shown = new Set(this.shown);
    for (const id of this.#rows.keys()) if (!shown.has(id)) this.#rows.delete(id);
    for (const id of this.#marks.keys()) if (!shown.has(id)) this.#marks.delete(id);
  }
}
