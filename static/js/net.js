// The live connection: one WebSocket, opened again whenever it breaks. docs/protocol.md has the messages.

const FIRST_WAIT = 250;
const LONGEST_WAIT = 10_000;
const QUIET = 20_000;

/**
 * Keeps a connection to /live for one view and hands every frame on.
 *
 * `on` has: hello(frame), snap(frame), delta(frame), facets(frame), error(frame), up(), down(reason). After down() the next sign of
 * life is up(), and a snap follows it. Frames come in the order of the socket.
 */
export class Net {
  #on;
  #socket = null;
  #view = { q: "", offset: 0, limit: 60 };
  #attempt = 0;
  #retry = 0;
  #watch = 0;
  #quiet = QUIET;

  constructor(on) {
    this.#on = on;
  }

  /** Connects with a view: {q, offset, limit}, and {anchor, above} where it is to begin with a row. */
  open(view) {
    this.#view = view;
    this.#connect();
    addEventListener("online", () => this.retry());
    addEventListener("pagehide", () => this.#socket?.close(1000));
    addEventListener("pageshow", (event) => event.persisted && this.retry());
  }

  /** Asks for another view. Without a connection it is the one the next connection starts with. */
  view(view) {
    this.#view = view;
    this.#send({ t: "view", ...view });
  }

  /** Asks for the rows to stay where they are. */
  hold() {
    this.#send({ t: "hold" });
  }

  /** Asks for the whole window, after a gap. */
  resync() {
    this.#send({ t: "resync" });
  }

  /** Asks for the facets of the views that are shown. */
  facets() {
    this.#send({ t: "facets", on: true });
  }

  /** Connects now instead of at the end of the present wait. */
  retry() {
    if (this.#socket) return;
    clearTimeout(this.#retry);
    this.#connect();
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #connect() {
    const { q, ...window } = this.#view;
    const address = new URL("/live", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.search = [q, ...Object.entries(window).map((pair) => pair.join("="))].filter(Boolean).join("&");
    const asked = this.#view;
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.onmessage = (event) => socket === this.#socket && this.#receive(event.data, asked);
    // 4401: the session is over; the page in place of this one says why.
    socket.onclose = (event) => event.code === 4401 ? location.reload() : socket === this.#socket && this.#lost(event.reason);
    this.#listen();
  }

  #receive(text, asked) {
    this.#listen();
    const frame = JSON.parse(text);
    if (frame.t === "hello") {
      this.#attempt = 0;
      this.#on.up();
      // The view may have changed between the dial and the answer.
      if (asked !== this.#view) this.#send({ t: "view", ...this.#view });
    }
    if (frame.interval) this.#quiet = Math.max(QUIET, 4 * frame.interval);
    this.#on[frame.t]?.(frame);
  }

  /** A connection that says nothing is asked once, and then given up: a dead peer sends no close. */
  #listen() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      this.resync();
      this.#watch = setTimeout(() => this.#drop(), 5_000);
    }, this.#quiet);
  }

  #drop() {
    const socket = this.#socket;
    this.#lost("");
    socket?.close();
  }

  /** Waits a random part of a time that doubles (full jitter), so that viewers do not return all at once. */
  #lost(reason) {
    clearTimeout(this.#watch);
    this.#socket = null;
    this.#on.down(reason);
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#attempt++);
    this.#retry = setTimeout(() => this.#connect(), Math.random() * longest);
  }
}
