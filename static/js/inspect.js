// Opens a connection beside the table: on the event "sockeye:open" with its id, on a click on its link, and where the
// URL has it selected. What shows it is loaded at the first use.

let opened = null; // the promise of the panel

/** Shows the connection; `quiet` leaves the focus where it is. */
async function openConnection(id, quiet) {
  opened ??= import("./inspector.js").then(({ Panel }) => new Panel());
  try {
    (await opened).open(id, quiet);
  } catch {
    opened = null;
    location.assign(`/connections/${id}`);
  }
}

/** The id that a link to a connection's page has, "" for other links and for clicks that want another tab. */
function connectionOf(event) {
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  const link = event.target.closest?.('a[href^="/connections/"]');
  if (!link || !plain || event.defaultPrevented || link.id === "inspector-page") return "";
  return /^\/connections\/([0-9a-f]{1,16})$/.exec(link.getAttribute("href"))?.[1] ?? "";
}

/** Listens for what opens a connection. */
export function inspect() {
  if (!document.getElementById("inspector")) return;
  document.addEventListener("sockeye:open", (event) => {
    event.preventDefault(); // it is taken: nobody has to go to the page
    openConnection(event.detail?.id ?? event.detail, false);
  });
  document.addEventListener("click", (event) => {
    const id = connectionOf(event);
    if (!id) return;
    event.preventDefault();
    openConnection(id, false);
  });
  document.addEventListener("sockeye:close", () => opened?.then((panel) => panel.close(true)));
  const selected = () => {
    const id = new URLSearchParams(location.search).get("sel");
    if (id) openConnection(id, true);
    else opened?.then((panel) => panel.close(true));
  };
  addEventListener("popstate", selected);
  if (new URLSearchParams(location.search).get("sel")) selected();
}
