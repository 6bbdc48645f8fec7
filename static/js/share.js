// The owner's Share button: what it opens is loaded at its first use. Where that fails the link leads to the page.

const opener = document.getElementById("share");
const sharing = () => import("./sharing.js");

if (document.getElementById("sharing")) sharing(); // the page itself
else {
  opener.addEventListener("click", async (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    try {
      (await sharing()).open();
    } catch {
      location.assign(opener.href);
    }
  });
}
// A secret that brought the owner here has done its work.
if (location.hash.startsWith("#k=")) history.replaceState(history.state, "", location.pathname + location.search);
