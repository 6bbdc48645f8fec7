// What every page but the dashboard has: the theme, the keys that lead elsewhere, and the palette.

import { Keys } from "./keys.js";
import { lazy } from "./lazy.js";
import "./theme.js";

const finder = lazy(() => import("./palette.js").then(({ Palette }) => new Palette(tools, () => [])));
const tools = new Keys({
  palette: async () => (await finder())?.open(),
  theme: () => document.getElementById("theme").click(),
});
