// Copying. Over plain http from another machine there is no clipboard: then it is done the old way, by a selection.

/** Puts a text on the clipboard; `field` is the one that shows it, if any does. Returns whether it is there. */
export const copyText = async (text, field) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const focused = document.activeElement;
    const box = field ?? document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
    box.select();
    const copied = document.execCommand("copy");
    if (field) return copied;
    box.remove();
    focused?.focus({ preventScroll: true });
    return copied;
  }
};
