// A row that has left the window while it had the focus: it stays in the document, out of the flow, until the focus goes.

/** Whether a row is parked. */
export function isParked(tr) {
  return tr.hasAttribute("data-parked");
}

/** Parks a row at `y` pixels; `left()` is called when it is parked and the focus has gone. */
export function park(tr, y, left) {
  if (isParked(tr)) return;
  tr.setAttribute("data-parked", "");
  tr.style.insetBlockStart = `${y}px`;
  const look = () => isParked(tr) && !tr.contains(document.activeElement) && left();
  tr.addEventListener("focusout", () => isParked(tr) && setTimeout(look), { once: true });
}

/** Puts a row back. */
export function unpark(tr) {
  tr.removeAttribute("data-parked");
  tr.style.removeProperty("inset-block-start");
}
