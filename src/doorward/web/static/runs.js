// A page that shows how far something is: it looks again by itself, as long as that runs. Without it there is a button.

const EVERY_MS = 2000;

function again() {
  const shown = document.querySelector("[data-runs]");
  if (shown) setTimeout(look, Number(shown.dataset.every) || EVERY_MS);
}

// What else changes with it. One whose word is the same stays: a press of its button must not be lost.
function follow(page) {
  for (const old of document.querySelectorAll("[data-follows]")) {
    const fresh = page.getElementById(old.id);
    if (!fresh || fresh.dataset.follows === old.dataset.follows) continue;
    if (!old.contains(document.activeElement)) old.replaceWith(fresh);
  }
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
    follow(page);
    const results = page.getElementById("results");
    if (results && !fresh.dataset.runs) document.getElementById("results")?.replaceWith(results);
  } catch {
    // The next look may reach the portal again.
  }
  again();
}

again();
