// Sharing: the page /share as a dialog over the page at hand, kept up to date while it is open.

const EVERY = 2_000;
const sheet = document.getElementById("share-script").dataset.sheet;
let dialog = null;
let timer = 0;

/** The page at hand, as it is to be shared. */
const pageAtHand = () => location.pathname + location.search;

/** Asks for a page and returns its part with the id, as nodes of this document. */
function load(method, address, body, id) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    request.responseType = "document";
    request.onload = () => {
      const part = request.response?.getElementById(id);
      part ? done(document.importNode(part, true)) : fail(new Error(`status ${request.status}`));
    };
    request.onerror = () => fail(new Error("no answer"));
    request.send(body);
  });
}

/** Puts the sharing page into the dialog. */
function fill(main) {
  main.querySelectorAll("link").forEach((node) => node.remove());
  const content = document.createElement("div");
  content.className = main.className.replace("paper", "");
  content.append(...main.childNodes);
  dialog.lastElementChild.replaceWith(content);
  content.querySelector("#link, input[type=radio]:checked, input[type=radio], button")?.focus();
  content.querySelector("#link")?.select();
}

function fail() {
  const text = document.createElement("p");
  text.textContent = "The server does not answer. Close this and try again.";
  dialog.lastElementChild.replaceWith(text);
}

/** Follows who comes and goes, but for a reader who is about to press something there. */
async function refresh() {
  const list = dialog.querySelector("#share-list");
  try {
    const fresh = await load("GET", "/share", null, "share-list");
    if (!list.contains(document.activeElement) && !fresh.isEqualNode(list)) list.replaceWith(fresh);
  } catch { /* the next time */ }
  if (dialog.open) timer = setTimeout(refresh, EVERY);
}

async function submit(event) {
  event.preventDefault();
  const form = event.target;
  const body = new URLSearchParams(new FormData(form, event.submitter));
  try {
    if (form.classList.contains("ask")) return fill(await load("POST", form.action, body, "sharing"));
    const fresh = await load("POST", form.action, body, "share-list");
    dialog.querySelector("#share-list").replaceWith(fresh);
    if (form.classList.contains("stop")) dialog.querySelector("#made")?.remove();
    dialog.querySelector(".close").focus();
  } catch {
    fail();
  }
}

async function copy(event) {
  const source = event.target.dataset?.copy && document.getElementById(event.target.dataset.copy);
  if (!source) return;
  source.select();
  try {
    await navigator.clipboard.writeText(source.value);
    event.target.textContent = "Copied";
  } catch { /* it is selected */ }
}

/** Makes the dialog, at the first use. */
function build() {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = sheet;
  document.head.append(style);
  dialog = document.createElement("dialog");
  dialog.className = "sheet sharing";
  dialog.setAttribute("aria-label", "Share a view");
  const close = document.createElement("button");
  close.type = "button";
  close.className = "quiet icon top close";
  close.setAttribute("aria-label", "Close");
  close.textContent = "×";
  close.addEventListener("click", () => dialog.close());
  dialog.append(close, document.createElement("div"));
  dialog.addEventListener("submit", submit);
  dialog.addEventListener("close", () => clearTimeout(timer));
  document.body.append(dialog);
}

/** Opens the dialog. */
export async function open() {
  if (!dialog) build();
  dialog.showModal();
  try {
    fill(await load("GET", `/share?${new URLSearchParams({ of: pageAtHand() })}`, null, "sharing"));
    timer = setTimeout(refresh, EVERY);
  } catch {
    fail();
  }
}

document.addEventListener("click", copy);
