// On every page: code boxes, copying, counting down, and forms that are sent once. All by delegation, so that what
// arrives later in a window works too. Texts come from the page, in its language.

const FILLERS = /[\s\u00ad\u200b\u2010-\u2015-]/g;

// A code box sends itself when it is full, once: whoever corrects a wrong code presses the button.
document.addEventListener("input", ({ target }) => {
  const digits = Number(target.dataset?.code);
  if (!digits) return;
  const tidy = target.value.replace(FILLERS, "");
  if (/\D/.test(tidy)) return;
  if (tidy !== target.value) target.value = tidy;
  if (tidy.length !== digits || "sent" in target.dataset) return;
  target.dataset.sent = "";
  target.form?.requestSubmit();
});

// A form is sent once, however often the button is pressed; freed again for answers that leave the page standing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if ("busy" in form.dataset) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.busy = "";
  setTimeout(() => delete form.dataset.busy, 4000);
});

// Coming back by the back button, the page stands as it was left.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  for (const form of document.forms) delete form.dataset.busy;
  for (const box of document.querySelectorAll("[data-code]")) {
    delete box.dataset.sent;
    box.value = "";
  }
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-copy], [data-download], [data-print]");
  if (!button) return;
  if (button.matches("[data-print]")) print();
  else if (button.matches("[data-download]")) download(button);
  else copy(button);
});

function textOf(selector, plain) {
  const source = document.querySelector(selector);
  const lines = [...source.querySelectorAll("li")].map((line) => line.textContent.trim());
  const text = lines.length ? lines.join("\n") : source.textContent.trim();
  return plain ? text.replace(/\s/g, "") : text;
}

async function copy(button) {
  const text = textOf(button.dataset.copy, "plain" in button.dataset);
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    button.after(area);
    area.select();
    document.execCommand("copy"); // where the page is not a secure context there is no other way
    area.remove();
    button.focus();
  }
  say(button.dataset.done, button);
}

function download(button) {
  const heading = button.dataset.heading ? `${button.dataset.heading}\n\n` : "";
  const text = `${heading}${textOf(button.dataset.download)}\n`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = button.dataset.filename;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  say(button.dataset.done, button);
}

// Says a short thing to everybody: seen at the lower edge, read by screen readers. A window keeps the rest of the
// page silent, so it has a place of its own for that.
function say(text, near) {
  if (!text) return;
  const home = near?.closest?.("dialog") ?? document.body;
  let place = home.querySelector(":scope > .toasts");
  if (!place) {
    place = document.createElement("div");
    place.className = "toasts";
    place.ariaLive = "polite";
    home.append(place);
  }
  setTimeout(() => {
    const words = document.createElement("p");
    words.textContent = text;
    place.replaceChildren(words);
    setTimeout(() => words.remove(), 4000);
  }, 50);
}
document.addEventListener("doorward:say", ({ target, detail }) => say(detail, target));

function clock(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours, minutes, rest] = parts.map((part, place) => (place ? String(part).padStart(2, "0") : part));
  return hours ? `${hours}:${minutes}:${rest}` : `${Number(minutes)}:${rest}`;
}

// Waiting after too many tries: counts down, then says that the next try is looked at.
function countDown(note) {
  const end = Date.now() + Number(note.dataset.waits) * 1000;
  const left = note.querySelector("[data-left]");
  const timer = setInterval(() => {
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    left.textContent = clock(seconds);
    if (seconds && note.isConnected) return;
    clearInterval(timer);
    if (!note.isConnected) return;
    note.querySelector("[data-over]").hidden = false;
    left.parentElement.hidden = true;
    say(note.querySelector("[data-over]").textContent, note);
  }, 250);
}

function begin(root) {
  for (const note of root.querySelectorAll("[data-waits]")) countDown(note);
  root.querySelector("[aria-invalid=true]:not([disabled])")?.focus();
  for (const part of root.querySelectorAll("[data-passkeys]")) {
    import(part.dataset.passkeys).then((passkeys) => passkeys.begin(part));
  }
  // A form that waited for a proof goes on by itself; without scripts its button does.
  root.querySelector("form[data-sends-itself]")?.requestSubmit();
}
begin(document);
document.querySelector("form[data-sends-itself]")?.requestSubmit();
document.addEventListener("doorward:shown", ({ target }) => begin(target));
