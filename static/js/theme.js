// The colour theme: the system's, light, or dark. It is remembered in a cookie, so that the server can render it.

const NEXT = { "": "light", light: "dark", dark: "" };
const NAME = { "": "system", light: "light", dark: "dark" };

function remembered() {
  return /(?:^|; )theme=(light|dark)(?:;|$)/.exec(document.cookie)?.[1] ?? "";
}

function show(button, theme) {
  document.documentElement.dataset.theme = theme;
  const label = `Colour theme: ${NAME[theme]}`;
  button.setAttribute("aria-label", label);
  button.title = label;
  button.textContent = { "": "◐", light: "○", dark: "●" }[theme];
}

document.documentElement.dataset.scripted = "";
const button = document.getElementById("theme");
show(button, remembered());
button.addEventListener("click", () => {
  const theme = NEXT[remembered()];
  document.cookie = `theme=${theme}; Path=/; SameSite=Strict; Max-Age=${theme ? 31_536_000 : 0}`;
  show(button, theme);
  document.dispatchEvent(new Event("themechange"));
});
