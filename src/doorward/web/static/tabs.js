// The provider's own tabs: their order by dragging, icons found while one types, and a preview that follows the form.
// Without it the same is done by buttons, and by a form that is shown again.

const TYPING_MS = 250;
let timer;
let running;

// The buttons that this stands in for; so Enter saves the form, as everywhere.
for (const button of document.querySelectorAll("[data-instead]")) button.remove();

const box = document.querySelector("[data-finds]");

box?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(find, TYPING_MS);
});

box?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  clearTimeout(timer);
  find();
});

async function find() {
  running?.abort();
  running = new AbortController();
  const chosen = document.querySelector("#icons :checked")?.value ?? "";
  const asked = new URLSearchParams({ find: box.value, icon: chosen });
  try {
    const answer = await fetch(`${box.dataset.finds}?${asked}`, { signal: running.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("icons");
    if (answer.ok && !answer.redirected && fresh) document.getElementById("icons").replaceWith(fresh);
  } catch {
    // What was there stays, until the next letter.
  }
}

function show(what, draw) {
  for (const place of document.querySelectorAll(`[data-shows="${what}"]`)) draw(place);
}

document.addEventListener("input", ({ target }) => {
  if (target.name === "title" || target.name === "description") {
    show(target.name, (place) => { place.textContent = target.value; });
  } else if (target.name === "icon") {
    const drawing = target.parentElement.querySelector("svg");
    show("icon", (place) => place.replaceChildren(drawing.cloneNode(true)));
  }
});

// The key follows the title until somebody types another one. What is not plain Latin is left to the server.
const key = document.querySelector("main input[name=key]");
const title = document.querySelector("main input[name=title]");
let made = key && keyOf(title.value);

function keyOf(text) {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").replace(/ß/g, "ss").replace(/['’`´]/g, "").toLowerCase();
  if (/[^\p{ASCII}]/u.test(plain) && /\p{L}/u.test(plain.replace(/\p{ASCII}/gu, ""))) return "";
  const words = plain.match(/[a-z0-9]+/g) ?? [];
  return words.join("-").replace(/^[^a-z]+/, "").slice(0, key.maxLength).replace(/-$/, "");
}

if (key) {
  title.addEventListener("input", () => {
    if (key.value && key.value !== made) return;
    key.value = made = keyOf(title.value);
  });
}

// What is for nobody under this choice is not shown.
function fit() {
  const audience = document.querySelector("[name=audience]:checked")?.value;
  for (const part of document.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== audience;
}

document.addEventListener("change", ({ target }) => target.name === "audience" && fit());
fit();

let dragged;
let next;

document.addEventListener("dragstart", (event) => {
  const row = event.target.closest?.("[draggable]")?.closest("[data-tab]");
  if (!row) return;
  dragged = row;
  next = row.nextElementSibling;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", "");
  event.dataTransfer.setDragImage(row, 0, 0);
});

document.addEventListener("dragover", (event) => {
  const over = dragged && event.target.closest?.("[data-tab]");
  if (!over) return;
  event.preventDefault();
  const { top, height } = over.getBoundingClientRect();
  if (over !== dragged) over[event.clientY < top + height / 2 ? "before" : "after"](dragged);
});

document.addEventListener("drop", (event) => {
  if (!dragged) return;
  event.preventDefault();
  const form = document.getElementById("move");
  const moved = dragged;
  dragged = undefined;
  if (moved.nextElementSibling === next) return;
  form.action = moved.dataset.move;
  form.elements.before.value = moved.nextElementSibling?.dataset.tab ?? "";
  form.requestSubmit();
});

// Let go elsewhere, or given up: as it was.
document.addEventListener("dragend", () => {
  if (dragged) next ? next.before(dragged) : dragged.parentElement.append(dragged);
  dragged = undefined;
});
