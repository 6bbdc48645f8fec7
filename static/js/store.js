// The rows of the window, as the frames tell them, with what has just happened to each.

const NEW_FOR = 2_000;
const CHANGED_FOR = 2_000;
const GLANCE = 500;

/** How large a figure is, in powers of ten. */
const size = (n) => (n > 0 ? Math.floor(Math.log10(n)) : n);

/** Cells whose change is worth a sign, by their fields, with what of them it is that has to change. */
const TELLING = {
  state: ["state", (state) => state],
  receive_queue: ["rq", size],
  send_queue: ["sq", size],
  rtt_ms: ["rtt", size],
};

/**
 * Rows by id in the view's order. Rows whose socket is gone stay in their place for a while. Times are those of
 * performance.now(), handed in.
 */
export class Store {
  /** The sequence number of the last frame applied. */
  seq = -1;
  /** What the last frame said of the whole: at, interval, total, matched, lines, groups, counts, stale, notes, source. */
  status = { at: 0, interval: 1000, total: 0, matched: 0, lines: 0, groups: 0, counts: [], stale: null, notes: [], source: "" };
  /** The place of the first row in the view. */
  offset = 0;
  /** The ids to show, in order: those of the window and those that linger. */
  shown = [];
  /** How many places of the window would have another row, while the server holds the rows. */
  moves = 0;
  /** How long closed rows stay, in milliseconds. */
  linger = 5_000;
  /** Whether a closed row stays longer, because the reader has to do with it. */
  keeps = () => false;

  #columns = [];
  #groups = []; // those of a group's line
  #rows = new Map();
  #order = [];
  #marks = new Map();

  /** Takes the schema of the rows. */
  hello(frame) {
    this.#columns = frame.columns;
    this.#groups = frame.group_columns;
  }

  /** Takes a whole window. In another view nothing lingers. */
  snap(frame, turned) {
    this.#note(frame);
    const old = this.#rows;
    this.#rows = new Map(frame.rows.map((cells) => [cells[0], this.#row(cells)]));
    this.#order = [...this.#rows.keys()];
    for (const id of this.#marks.keys()) if (turned || !this.#rows.has(id) && !this.#lingers(id)) this.#marks.delete(id);
    if (!turned) this.#miss();
    for (const [id, row] of old) if (this.#lingers(id) && !this.#rows.has(id)) this.#rows.set(id, row);
    this.#merge(false);
  }

  /** Takes a change, whose lists are left out where they are empty. Returns false, and takes nothing, where frames are missing before it. */
  delta(frame, now) {
    if (frame.from !== this.seq) return false;
    const { put = [], since = [], closed = [], order = this.#order } = frame;
    this.#note(frame);
    for (const cells of put) this.#put(this.#row(cells), now);
    for (const id of since) this.#mark(id, "new", now + NEW_FOR);
    for (const id of closed) this.#mark(id, "closed", now + this.linger);
    const gone = new Set(closed);
    this.#expire(now);
    this.#order = order.filter((id) => !gone.has(id));
    this.#merge(true);
    return true;
  }

  /** Forgets marks that are over. Returns the time of the next one to end, or Infinity. */
  sweep(now) {
    if (this.#expire(now)) this.#merge(true);
    let next = Infinity;
    for (const mark of this.#marks.values()) next = Math.min(next, mark.until);
    return Math.max(next, now + GLANCE); // what is kept beyond its time is looked at now and then
  }

  /** Drops marks that are over, drawn or not: a hidden tab draws nothing. Returns whether a row lingers no more. */
  #expire(now) {
    let closed = false;
    for (const [id, mark] of this.#marks) {
      const lingers = this.#lingers(id);
      if (mark.until > now || lingers && this.keeps(id)) continue;
      this.#marks.delete(id);
      closed ||= lingers;
    }
    return closed;
  }

  /** The row of an id, undefined where it left the window. */
  row(id) {
    return this.#rows.get(id);
  }

  /** "new", "changed", "closed", "left" (it is in the view no more), or "". */
  mark(id) {
    return this.#marks.get(id)?.kind ?? "";
  }

  /** The columns in which a row has just changed. */
  changed(id) {
    return this.#marks.get(id)?.cells ?? [];
  }

  #row(cells) {
    const columns = cells[0][0] === "=" ? this.#groups : this.#columns;
    return Object.fromEntries(columns.map((name, i) => [name, cells[i]]));
  }

  #note(frame) {
    this.seq = frame.seq;
    this.offset = frame.offset ?? this.offset;
    this.moves = frame.moves ?? 0;
    for (const name of Object.keys(this.status)) {
      if (frame[name] !== undefined) this.status[name] = frame[name];
    }
  }

  #put(row, now) {
    const old = this.#rows.get(row.id);
    this.#rows.set(row.id, row);
    if (!old) return;
    const cells = [];
    for (const [field, [column, of]] of Object.entries(TELLING)) if (of(old[field]) !== of(row[field])) cells.push(column);
    if (cells.length > 0) this.#mark(row.id, "changed", now + CHANGED_FOR, cells);
  }

  #mark(id, kind, until, cells) {
    if (kind !== "changed" || this.mark(id) !== "new") this.#marks.set(id, { kind, until, cells });
  }

  /** Whether a row stays though the window has it no more. */
  #lingers(id) {
    const mark = this.mark(id);
    return mark === "closed" || mark === "left";
  }

  /** Marks the rows that the reader has to do with and that are missing from the middle of a new window: why was not told. */
  #miss() {
    const place = new Map(this.#order.map((id, i) => [id, i]));
    this.shown.forEach((id, i) => {
      if (place.has(id) || this.mark(id) || !this.keeps(id)) return;
      const before = place.get(this.shown.slice(0, i).findLast((other) => place.has(other)));
      const behind = place.get(this.shown.slice(i).find((other) => place.has(other)));
      if (behind === (before ?? -1) + 1 || behind === undefined && before === this.#order.length - 1) this.#mark(id, "left", 0);
    });
  }

  /** Puts what lingers behind the row it stood behind, and forgets rows that are not shown any more. `first` says whether rows may linger before all others. */
  #merge(first) {
    const present = new Set(this.#order);
    const behind = new Map();
    let anchor = null;
    for (const id of this.shown) {
      if (present.has(id)) anchor = id;
      else if (!this.#lingers(id)) continue;
      else if (behind.has(anchor)) behind.get(anchor).push(id);
      else behind.set(anchor, [id]);
    }
    this.shown = first ? [...(behind.get(null) ?? [])] : [];
    for (const id of this.#order) if (this.#rows.has(id)) this.shown.push(id, ...(behind.get(id) ?? []));
    const shown = new Set(this.shown);
    for (const id of this.#rows.keys()) if (!shown.has(id)) this.#rows.delete(id);
    for (const id of this.#marks.keys()) if (!shown.has(id)) this.#marks.delete(id);
  }
}
