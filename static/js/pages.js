// What every page but the dashboard has: the theme, the keys that lead elsewhere, and the palette.

import { Keys } from "./keys.js";
import { Palette } from "./palette.js";
import "./theme.js";

const tools = new Keys({
  palette: () => finder.open(),
  theme: () => document.getElementById("theme").click(),
});
const finder = new Palette(tools, () => []);
