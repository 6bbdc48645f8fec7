// Parts of the page that are loaded at their first use.

/** Returns a function that gives the part, loaded once; null where the server does not answer, and then the next call asks again. */
export function lazy(load) {
  let part = null;
  return () => (part ??= load().catch(() => (part = null)));
}
