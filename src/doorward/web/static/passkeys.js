// Passkeys. A form with [data-passkeys] asks the server for options, the browser for an answer, and is sent with it;
// whatever goes wrong is said beside its button. code.js fetches this where a page has such a form.

const LATE_MS = 290_000;
const CHALLENGE_MS = 9 * 60_000;
const supported = Boolean(globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON);
let offered; // what stands in the e-mail field's autofill; a button's question has to end it first

export function begin(part) {
  if (!supported) return;
  if (part.dataset.signal) {
    signal(JSON.parse(part.dataset.signal));
    return;
  }
  part.hidden = false;
  const note = part.nextElementSibling;
  if (note && "withoutPasskeys" in note.dataset) note.hidden = true;
  part.addEventListener("submit", (event) => {
    if (part.elements.credential.value) return;
    event.preventDefault();
    event.stopPropagation();
    if (!("asking" in part.dataset)) press(part);
  });
  // What stands in another form of the page, and is meant for this one too.
  part.addEventListener("formdata", ({ formData }) => {
    for (const box of document.querySelectorAll("[data-also]:checked")) formData.set(box.name, box.value);
  });
  addEventListener("pageshow", () => (part.elements.credential.value = ""));
  if ("autofill" in part.dataset) offer(part);
}

async function press(form) {
  const started = Date.now();
  form.dataset.asking = "";
  say(form, "");
  offered?.abort();
  try {
    send(form, await ask(form, {}));
  } catch (error) {
    say(form, words(form, error, Date.now() - started));
  } finally {
    delete form.dataset.asking;
  }
}

// In the e-mail field: until somebody picks one there, or the button, or leaves. Its challenge grows old, too.
async function offer(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  offered = new AbortController();
  const { signal } = offered;
  const old = setTimeout(() => {
    if (signal.aborted) return;
    offered.abort();
    offer(form);
  }, CHALLENGE_MS);
  try {
    send(form, await ask(form, { mediation: "conditional", signal }));
  } catch {
    // nobody picked one
  } finally {
    if (!signal.aborted) clearTimeout(old);
  }
}

async function ask(form, how) {
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.dataset.options, { method: "POST", body, redirect: "manual" });
  if (answer.type === "opaqueredirect") {
    // another step is due, or a fresh proof: the page leads there
    location.assign(form.closest("dialog")?.dataset.address ?? location.href);
    await new Promise(() => {});
  }
  const options = await answer.json();
  if (!answer.ok) throw new Error(options.error, { cause: "told" });
  const credential = "makes" in form.dataset
    ? await navigator.credentials.create({ ...how, publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ ...how, publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  return JSON.stringify(credential.toJSON());
}

function send(form, answer) {
  form.elements.credential.value = answer;
  form.requestSubmit();
}

// A browser says NotAllowedError for a person who cancels, for no passkey, and for too late: it keeps which to itself.
function words(form, error, ms) {
  const { cancelled, late, there, failed } = form.dataset;
  if (error.cause === "told") return error.message;
  if (error.name === "NotAllowedError") return ms > LATE_MS ? late : cancelled;
  return error.name === "InvalidStateError" ? there : failed;
}

function say(form, text) {
  const place = form.querySelector("[data-problem]");
  // an alert only while it says something: there is one for what the server said, too
  place.role = text ? "alert" : null;
  place.textContent = text;
  place.hidden = !text;
}

// The Signal API, where the browser has it: it forgets what was removed here, and learns new names.
function signal({ credentialId, name, displayName, allAcceptedCredentialIds, ...whose }) {
  const api = PublicKeyCredential;
  const told = credentialId
    ? [api.signalUnknownCredential?.({ ...whose, credentialId })]
    : [
        api.signalAllAcceptedCredentials?.({ ...whose, allAcceptedCredentialIds }),
        api.signalCurrentUserDetails?.({ ...whose, name, displayName }),
      ];
  Promise.allSettled(told);
}
