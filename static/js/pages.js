// What every page but the dashboard has: the theme, the keys that lead elsewhere, and the palette.

import { Keys } from "./keys.js";
import "./theme.js";

let finder = null; // the promise of the palette, which is loaded at the first use
const tools = new Keys({
  palette: () => (finder ??= import("./palette.js").then(({ Palette }) => new Palette(tools, () => []))).then((box) => box.open()),
  theme: () => document.getElementById("theme").click(),
});
