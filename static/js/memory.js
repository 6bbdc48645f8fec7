// What the browser remembers of the reader's choices. Where it may not remember, nothing is.

/** The text under a name, "" for none. */
export function recall(name) {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}

/** Keeps a text under a name; "" forgets it. */
export function remember(name, text) {
  try {
    if (text) localStorage.setItem(name, text);
    else localStorage.removeItem(name);
  } catch {
    // Private windows and full disks do not remember.
  }
}
