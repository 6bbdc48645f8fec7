// Keeps a page of ports, of processes or of the network up to date: the server's article of it, taken over in place once a second, so that what is
// unfolded, focused and scrolled stays as the reader left it.

import { Idiomorph } from "./idiomorph.js";

const PACE = 1_000;
const GIVE_UP = 10_000;
const QUIET = { callbacks: { beforeAttributeUpdated: (name, node) => !(name === "open" && node.nodeName === "DETAILS") } };

const live = document.getElementById("live");
let failed = 0;

/** Whether nothing is to be changed now: nobody sees it, or the reader selects text in it. */
function rests() {
  const selection = getSelection();
  return document.hidden || (selection && !selection.isCollapsed && live.contains(selection.anchorNode));
}

/** The address of the article alone. What was new when the page was opened stays new; nothing is tried again. */
function address() {
  const { since, query: own } = live.dataset;
  if (own !== undefined) return `${location.pathname}?${own}`;
  const query = new URLSearchParams(location.search);
  query.delete("try");
  query.set("part", "1");
  if (since) query.set("since", since);
  return `${location.pathname}?${query}`;
}

function load() {
  const request = new XMLHttpRequest();
  request.onloadend = () => {
    const fresh = request.status === 200 && request.response?.getElementById("live");
    failed = fresh ? 0 : failed + 1;
    live.toggleAttribute("data-stale", failed > 0);
    if (fresh && !rests()) Idiomorph.morph(live, document.importNode(fresh, true), QUIET);
    if (!fresh || !fresh.hasAttribute("data-over")) next();
  };
  request.open("GET", address());
  request.responseType = "document";
  request.timeout = GIVE_UP;
  request.send();
}

/** Waits for the next look, longer after each that failed. */
function next() {
  setTimeout(() => (rests() ? next() : load()), Math.min(PACE * 2 ** failed, 30_000));
}

if (live) next();
