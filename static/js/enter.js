// The door: takes the secret out of the address, where no server ever sees it, and exchanges it for a session, once.

const here = location.pathname + location.search;
const reason = document.getElementById("reason");
const field = document.getElementById("secret");

/** Takes the secret out of the address, so that it is in no history and in no copied link. */
function takeSecret() {
  const secret = /^#k=(.+)$/.exec(location.hash)?.[1] ?? "";
  if (location.hash) history.replaceState(null, "", here);
  return secret;
}

/** Whether the reader has a session. A page that was opened from another site was asked for without the cookie. */
async function known() {
  const answer = await fetch("/enter", { headers: { Accept: "application/json" } });
  return answer.ok && (await answer.json()).role !== "nobody";
}

/** Exchanges the secret. The answer is "" or why it was refused. */
async function exchange(secret) {
  const answer = await fetch("/enter", {
    method: "POST", body: new URLSearchParams({ k: secret }), headers: { Accept: "application/json" },
  });
  return answer.ok ? "" : (await answer.json()).error;
}

/** Goes on to the page, as one of this site: the cookie is sent then. */
function go() {
  location.replace(here);
}

async function enter(secret) {
  field.value = secret; // for another try
  try {
    if (await known()) return go();
    if (!secret) return;
    reason.textContent = "Opening the view …";
    const refusal = await exchange(secret);
    if (!refusal) return go();
    reason.textContent = refusal;
  } catch {
    reason.textContent = "The machine does not answer. Try again.";
  }
}

addEventListener("hashchange", () => enter(takeSecret()));
document.getElementById("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  enter(field.value.trim().replace(/^.*#k=/, ""));
});
enter(takeSecret());
