// A page that shows how far something is: it looks again by itself, as long as that runs. Without it there is a button.

const EVERY_MS = 2000;

function again() {
  const shown = document.querySelector("[data-runs]");
  if (shown) setTimeout(look, Number(shown.dataset.every) || EVERY_MS);
}

async function look() {
  const shown = document.querySelector("[data-runs]");
  if (!shown) return;
  // A button that is being used is not taken away.
  if (document.hidden || shown.contains(document.activeElement)) return again();
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(shown.id);
    if (!answer.ok || answer.redirected || !fresh) return;
    shown.replaceWith(fresh);
    const results = page.getElementById("results");
    if (results && !fresh.dataset.runs) document.getElementById("results")?.replaceWith(results);
  } catch {
    // The next look may reach the portal again.
  }
  again();
}

again();
