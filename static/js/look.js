// How the rows look, as the URL has it beside the filter and the order: cols, n, sel.

const NAMES = ["cols", "n", "sel"];

/** The look of the view in force. */
export class Look {
  #values = {};

  constructor(encode) {
    this.read(encode);
  }

  /** Takes the look out of a view as the URL has it. */
  read(encode) {
    const query = new URLSearchParams(encode);
    for (const name of NAMES) this.#values[name] = query.get(name) ?? "";
  }

  /** One value, "" for none. */
  get(name) {
    return this.#values[name];
  }

  /** The selection, which the panel of a connection also writes into the address. */
  selected() {
    return (this.#values.sel = new URLSearchParams(location.search).get("sel") ?? "");
  }

  /** Changes one value, and the address of the page with it. Returns the view as the URL has it now. */
  set(name, value) {
    this.selected();
    this.#values[name] = value;
    const search = this.join(location.search.slice(1));
    history.replaceState(history.state, "", search ? `/?${search}` : "/");
    return search;
  }

  /** A view with this look in place of its own. None of the values needs an escape. */
  join(encode) {
    const rest = encode.split("&").filter((pair) => pair && !NAMES.includes(pair.split("=")[0]));
    const own = NAMES.filter((name) => this.#values[name]).map((name) => `${name}=${this.#values[name]}`);
    return [...rest, ...own].join("&");
  }
}
