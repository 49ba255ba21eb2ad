// Jump anywhere: Ctrl K or Cmd K, or the link in the top bar, opens the box in a <dialog>; arrows walk through what it
// finds. Without it the link leads to a page with the same box.

const link = document.querySelector("a[data-jump]");
const TYPING_MS = 150;
let timer;
let running;

document.addEventListener("keydown", (event) => {
  const { key, altKey, shiftKey, ctrlKey, metaKey } = event;
  if (key.toLowerCase() === "k" && ctrlKey !== metaKey && !altKey && !shiftKey && link) {
    event.preventDefault();
    open();
  } else if (key === "ArrowDown" || key === "ArrowUp") {
    walk(event);
  }
});

link?.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  open();
});

async function open() {
  const there = document.querySelector(":is(main, dialog:modal) #jump [type=search]");
  if (there || document.querySelector("dialog:modal")) {
    there?.select();
    there?.focus();
    return;
  }
  const page = await asked(link.href).catch(() => null);
  const content = page?.querySelector("#jump");
  if (!content) {
    location.assign(link.href);
    return;
  }
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", content.getAttribute("aria-labelledby"));
  dialog.append(content);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  for (const popped of document.querySelectorAll(":popover-open")) popped.hidePopover();
  document.body.append(dialog);
  dialog.showModal();
  const form = content.querySelector("form");
  form.addEventListener("input", (event) => {
    event.stopPropagation();
    clearTimeout(timer);
    timer = setTimeout(() => find(form), TYPING_MS);
  });
  // Enter goes to the first place, as soon as it is known which one that is.
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    clearTimeout(timer);
    await find(form);
    dialog.querySelector("#jumps a")?.click();
  });
  form.querySelector("[type=search]").focus();
}

async function asked(address, signal) {
  const answer = await fetch(address, { signal });
  if (!answer.ok || answer.redirected) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

async function find(form) {
  running?.abort();
  running = new AbortController();
  const address = `${form.action}?${new URLSearchParams(new FormData(form))}`;
  try {
    const fresh = (await asked(address, running.signal))?.querySelector("#jumps");
    if (!fresh) {
      location.assign(address);
      return;
    }
    form.parentElement.querySelector("#jumps").replaceWith(fresh);
    const heard = form.parentElement.querySelector("[data-count]");
    heard.setAttribute("role", "status");
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  }
}

function walk(event) {
  const box = event.target.closest?.("#jump");
  if (!box) return;
  const stops = [box.querySelector("[type=search]"), ...box.querySelectorAll("#jumps a")];
  const at = stops.indexOf(event.target);
  const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (at < 0 || !next) return;
  event.preventDefault();
  next.focus();
}
