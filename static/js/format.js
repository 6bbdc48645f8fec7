// How values are written. The same rules as views/format.go; views/testdata/format.json holds the two together.

/** Stands for a value that is not known, never for zero. */
export const DASH = "–";

const SHOWN = 64;
const UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
const HIDDEN = [
  [0x80, 0x9f], [0xad, 0xad], [0x61c, 0x61c], [0x180e, 0x180e], [0x200b, 0x200f], [0x2028, 0x202e],
  [0x2060, 0x206f], [0xfeff, 0xfeff], [0xfff9, 0xfffb], [0x1d173, 0x1d17a], [0xe0000, 0xe007f],
];

/** One character as it is shown: controls as pictures, invisible and bidirectional ones as ⟨U+202E⟩. */
function symbol(char) {
  const r = char.codePointAt(0);
  if (r < 0x20) return String.fromCodePoint(0x2400 + r);
  if (r === 0x7f) return "␡";
  if (r >= 0xd800 && r <= 0xdfff) return "\uFFFD";
  if (r >= 0x80 && HIDDEN.some(([from, to]) => from <= r && r <= to)) {
    return `⟨U+${r.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  }
  return char;
}

/** Foreign text in full, with nothing left that could mislead the eye. */
export function whole(text) {
  return Array.from(text, symbol).join("");
}

/** Foreign text as a cell shows it: at most 64 characters, the last of them "…" where something was cut. */
export function visible(text) {
  const symbols = Array.from(text, symbol);
  const length = (s) => Array.from(s).length;
  if (symbols.reduce((n, s) => n + length(s), 0) <= SHOWN) return symbols.join("");
  let shown = "";
  let room = SHOWN - 1;
  for (const s of symbols) {
    room -= length(s);
    if (room < 0) break;
    shown += s;
  }
  return shown + "…";
}

/** Three significant digits, or a whole number. Halves go up, as in Go. */
function digits(n, fraction) {
  const scale = !fraction ? 1 : n < 9.995 ? 100 : n < 99.95 ? 10 : 1;
  const v = Math.floor(n * scale + 0.5);
  if (scale === 1) return String(v);
  return `${Math.floor(v / scale)}.${String((v % scale) + scale).slice(1)}`;
}

/** A number of bytes in decimal units: "999 B", "1.20 kB". */
export function bytes(n) {
  let unit = 0;
  while (n >= 999.5 && unit < UNITS.length - 1) {
    n /= 1000;
    unit++;
  }
  return `${digits(n, unit > 0)} ${UNITS[unit]}`;
}

/** Bytes per second: "1.20 kB/s". */
export function rate(n) {
  return `${bytes(n)}/s`;
}

/** Milliseconds with three significant digits: "0.42 ms", "1.50 s". */
export function millis(ms) {
  if (ms >= 60_000) return age(ms, true);
  return ms >= 999.5 ? `${digits(ms / 1000, true)} s` : `${digits(ms, ms < 99.95)} ms`;
}

/** A moment in milliseconds as a date and a time of day, in the reader's zone. */
export function stamp(ms) {
  const t = new Date(ms);
  const date = [t.getFullYear(), t.getMonth() + 1, t.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
  return `${date} ${clock(ms)}`;
}

/** A whole number with a comma between thousands. */
export function count(n) {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Milliseconds in their two largest units; "≥ " where the true age is longer. */
export function age(ms, exact) {
  const s = Math.floor(ms / 1000);
  const two = (n) => String(n).padStart(2, "0");
  let text;
  if (s < 60) text = `${s}s`;
  else if (s < 3600) text = `${Math.floor(s / 60)}m ${two(s % 60)}s`;
  else if (s < 86400) text = `${Math.floor(s / 3600)}h ${two(Math.floor(s / 60) % 60)}m`;
  else text = `${Math.floor(s / 86400)}d ${two(Math.floor(s / 3600) % 24)}h`;
  return exact ? text : `≥ ${text}`;
}

/** An address as it stands before a port: IPv6 in brackets, "*" for none. */
export function host(address) {
  if (address === null || address === undefined) return "*";
  return address.includes(":") ? `[${address}]` : address;
}

/** The time of day of a moment in milliseconds, in the reader's zone: "14:02:11". */
export function clock(ms) {
  const t = new Date(ms);
  return [t.getHours(), t.getMinutes(), t.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":");
}
