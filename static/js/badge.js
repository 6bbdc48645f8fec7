// The browser's tab: its title and its sign tell the state while another tab is looked at.

import { count, visible } from "./format.js";

const SIGNS = { live: "", paused: "‖ ", stale: "! ", disconnected: "× " };
const DOTS = { live: "#1a7f37", paused: "#bf8700", stale: "#bf8700", disconnected: "#cf222e" };

const icon = document.querySelector("link[rel=icon]");
let drawn = "";

/**
 * Writes "▲3 · 1,204 · filter · host · sockeye": the sockets that wait for their process to close them, where there are
 * some, and those that match.
 */
export function badge({ state, waiting, matched, filter, host }) {
  const trouble = waiting > 0 ? `▲${count(waiting)}` : "";
  const parts = [trouble, count(matched), visible(filter), visible(host), "sockeye"].filter(Boolean);
  const title = SIGNS[state] + parts.join(" · ");
  if (document.title !== title) document.title = title;
  sign(DOTS[state], trouble !== "");
}

/** The eye in the socket with a dot for the state, and a rim around it where there is trouble. */
function sign(dot, trouble) {
  const rim = trouble ? "#b1490f" : "#fff";
  const svg = `<svg xmlns="${icon.dataset.space}" viewBox="0 0 24 24"><g fill="#fff" stroke="#2563c9" stroke-width="3"><circle cx="12" cy="12" r="9"/><circle cx="12" cy="12" r="3"/></g><circle cx="18" cy="18" r="5" fill="${dot}" stroke="${rim}" stroke-width="2"/></svg>`;
  if (svg === drawn) return;
  drawn = svg;
  icon.href = `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
