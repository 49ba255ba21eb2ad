// In the portal: windows that the account menu opens, and the warning before a session ends.

// --- windows: the page behind the link is fetched, and its [data-window] shown in a <dialog>. Whatever else comes
// --- back (another step is due, an error), the browser goes to the page itself.

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-opens-window]");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (link && plain && link.pathname !== location.pathname) {
    event.preventDefault();
    open(link.href).catch(() => location.assign(link.href));
  }
  const close = event.target.closest?.("dialog [data-close]");
  if (close) {
    event.preventDefault();
    close.closest("dialog").close();
  }
});

async function windowIn(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[data-window]");
}

async function open(address) {
  const answer = await fetch(address);
  const content = answer.ok && !answer.redirected ? await windowIn(answer) : null;
  if (!content) {
    location.assign(address);
    return;
  }
  const dialog = document.createElement("dialog");
  dialog.dataset.address = address;
  dialog.setAttribute("aria-labelledby", content.getAttribute("aria-labelledby"));
  dialog.append(content);
  dialog.addEventListener("close", () => {
    dialog.remove();
    document.querySelector("#account-menu > button")?.focus();
  });
  document.body.append(dialog);
  for (const popped of document.querySelectorAll(":popover-open")) popped.hidePopover();
  dialog.showModal();
  shown(dialog);
}

function shown(dialog) {
  const box = dialog.querySelector("[autofocus], [data-code], h1, h2");
  box?.focus();
  dialog.dispatchEvent(new CustomEvent("doorward:shown", { bubbles: true }));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const dialog = form.closest("dialog[data-address]");
  if (event.defaultPrevented || !dialog || form.method !== "post" || "leaves" in form.dataset) return;
  event.preventDefault();
  send(form, event.submitter, dialog).catch(() => location.assign(dialog.dataset.address));
});

async function send(form, submitter, dialog) {
  const body = new URLSearchParams(new FormData(form, submitter));
  const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
  if (answer.type === "opaqueredirect") {
    // done: the page is asked for again, and the server sends on to whatever is due now
    location.assign(form.dataset.then ?? location.pathname + location.search);
    return;
  }
  const content = await windowIn(answer);
  if (!content) {
    location.assign(dialog.dataset.address);
    return;
  }
  dialog.replaceChildren(content);
  shown(dialog);
}

// --- the end of the session: a warning two minutes before, one click to stay. A page that loads in another tab of
// --- this browser keeps the session alive as well, and says so.

const WARNING_SECONDS = 120;
const ending = document.getElementById("session-end");
if (ending) watch(ending);

function watch(dialog) {
  const others = new BroadcastChannel("doorward:session");
  let end = Date.now() + Number(dialog.dataset.endsIn) * 1000;
  const prolong = (seconds) => {
    end = Date.now() + seconds * 1000;
    if (dialog.open) dialog.close();
    tell(dialog, false);
  };
  others.addEventListener("message", ({ data }) => prolong(data));
  others.postMessage(Number(dialog.dataset.endsIn));
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.querySelector("[data-stay]").addEventListener("click", async (event) => {
    event.preventDefault();
    const { form, formAction } = event.currentTarget;
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(formAction, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) {
      end = 0; // it was too late: the answer is the sign-in page
      return;
    }
    const { seconds } = await answer.json();
    prolong(seconds);
    others.postMessage(seconds);
  });
  setInterval(() => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left > WARNING_SECONDS) return;
    if (!dialog.open) dialog.showModal();
    const rest = Math.max(0, left);
    dialog.querySelector("[data-clock]").textContent = `${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, "0")}`;
    if (rest === 0) tell(dialog, true);
  }, 1000);
}

function tell(dialog, over) {
  for (const part of dialog.querySelectorAll("[data-before]")) part.hidden = over;
  for (const part of dialog.querySelectorAll("[data-after]")) part.hidden = !over;
}
