// On lists: search as you type, filters that work at once, and marking several. Without it the same form has a button.

const TYPING_MS = 250;
let timer;
let running;

document.addEventListener("input", ({ target }) => {
  const form = target.form;
  if (!form?.dataset.live) return;
  clearTimeout(timer);
  timer = setTimeout(() => refresh(form), target.type === "search" || target.type === "text" ? TYPING_MS : 0);
});

document.addEventListener("submit", (event) => {
  if (!event.target.dataset.live) return;
  event.preventDefault();
  clearTimeout(timer);
  refresh(event.target);
});

async function refresh(form) {
  running?.abort();
  running = new AbortController();
  const asked = [...new FormData(form)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(asked).toString();
  const address = query ? `${location.pathname}?${query}` : location.pathname;
  const old = document.querySelector(form.dataset.live);
  old.ariaBusy = "true";
  try {
    const answer = await fetch(address, { signal: running.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(form.dataset.live);
    if (!answer.ok || answer.redirected || !fresh) {
      location.assign(address);
      return;
    }
    document.querySelector(form.dataset.live).replaceWith(fresh);
    history.replaceState(null, "", address);
    const count = fresh.querySelector("[data-count]")?.textContent.trim();
    fresh.dispatchEvent(new CustomEvent("doorward:heard", { bubbles: true, detail: count }));
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  }
}

// How many were found is told to screen readers only: the others see it.
document.addEventListener("doorward:heard", ({ detail }) => {
  const place = document.getElementById("heard");
  if (place) place.textContent = detail ?? "";
});

document.addEventListener("change", ({ target }) => {
  const form = target.form;
  const all = form?.querySelector("[data-check-all]");
  if (!all) return;
  const boxes = [...form.querySelectorAll(`[name="${all.dataset.checkAll}"]:not(:disabled)`)];
  if (target === all) for (const box of boxes) box.checked = all.checked;
  const chosen = boxes.filter((box) => box.checked).length;
  all.checked = chosen > 0 && chosen === boxes.length;
  all.indeterminate = chosen > 0 && chosen < boxes.length;
  for (const place of form.querySelectorAll("[data-chosen]")) place.textContent = chosen;
});
