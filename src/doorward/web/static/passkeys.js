// Passkeys. A form with [data-passkeys] asks the server for options, the browser for an answer, and is sent with it;
// whatever goes wrong is said beside its button. code.js fetches this where a page has such a form.

const LATE_MS = 290_000;
const CHALLENGE_MS = 9 * 60_000;
const supported = Boolean(globalThis.PublicKeyCredential && navigator.credentials?.create);
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
  const options = await optionsOf(form);
  const asked = { ...how, publicKey: decoded(options) };
  const credential = await ("makes" in form.dataset ? navigator.credentials.create(asked) : navigator.credentials.get(asked));
  // some browsers give nothing where others say NotAllowedError
  if (!credential) throw new DOMException("", "NotAllowedError");
  return JSON.stringify(encoded(credential));
}

async function optionsOf(form) {
  const body = new URLSearchParams(new FormData(form));
  let answer, options;
  try {
    answer = await fetch(form.dataset.options, { method: "POST", body, redirect: "manual" });
    if (answer.type !== "opaqueredirect") options = await answer.json();
  } catch {
    throw new DOMException("", "NetworkError");
  }
  if (answer.type === "opaqueredirect") {
    // another step is due, or reauthentication: the page leads there
    location.assign(form.closest("dialog")?.dataset.address ?? location.href);
    await new Promise(() => {});
  }
  if (!answer.ok) throw new Error(options.error, { cause: "told" });
  return options;
}

// What `parseCreationOptionsFromJSON`, `parseRequestOptionsFromJSON` and `toJSON` do (WebAuthn Level 3, 5.1) is done
// here for the fields that we use: Safari before 18.4 and Chrome before 129 have none of them, and what a password
// manager puts in a credential's place often has a `toJSON` that throws, or that leaves things out.
function decoded(options) {
  const whole = { ...options, challenge: bytes(options.challenge) };
  if (options.user) whole.user = { ...options.user, id: bytes(options.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (options[list]) whole[list] = options[list].map((one) => ({ ...one, id: bytes(one.id) }));
  }
  return whole;
}

function encoded(credential) {
  const { rawId, id, response } = credential;
  const answer = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[part]) answer[part] = text(response[part]);
  }
  const transports = attempt(() => response.getTransports());
  if (transports) answer.transports = transports;
  const extensions = attempt(() => credential.getClientExtensionResults());
  const own = rawId ? text(rawId) : id;
  return {
    id: own,
    rawId: own,
    type: "public-key",
    response: answer,
    clientExtensionResults: extensions?.credProps ? { credProps: extensions.credProps } : {},
  };
}

function attempt(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function bytes(base64url) {
  return Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

function text(buffer) {
  const view = ArrayBuffer.isView(buffer) ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength) : new Uint8Array(buffer);
  const plain = Array.from(view, (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function send(form, answer) {
  form.elements.credential.value = answer;
  form.requestSubmit();
}

// A browser says NotAllowedError for a person who cancels, for no passkey, and for too late: it keeps which to itself.
function words(form, error, ms) {
  if (error.cause === "told") return error.message;
  const said = JSON.parse(form.dataset.words);
  return said[error.name === "NotAllowedError" && ms > LATE_MS ? "TimeoutError" : error.name] ?? said.Error;
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
