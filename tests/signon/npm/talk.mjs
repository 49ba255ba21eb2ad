// How the test beside it and a client speak: a line of JSON each. The test is whoever sits at the browser.
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function ask(said) {
  process.stdout.write(`${JSON.stringify(said)}\n`);
  return JSON.parse((await lines.next()).value);
}

// What is tried: where the provider is, who the client is, by which profile.
export const given = await ask({ ready: true });

// Send the person to an address; return what comes back, as a web server gets it.
export async function visit(url) {
  const landed = await ask({ visit: String(url) });
  const body = landed.fields && new URLSearchParams(landed.fields);
  return new Request(landed.url, body ? { method: 'POST', body } : {});
}

// Have *Required 2FA* ticked.
export const require = () => ask({ require: true });

export async function done(said) {
  process.stdout.write(`${JSON.stringify({ done: said })}\n`);
  process.stdin.destroy();
}

// Return the error that a promise is refused with.
export async function refused(promise) {
  return promise.then(
    (value) => {
      throw new Error(`It was not refused: ${JSON.stringify(value)}`);
    },
    (error) => error,
  );
}

export const signingKey = () =>
  crypto.subtle.importKey('jwk', given.key, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);

export function equal(one, other) {
  if (one !== other) throw new Error(`${JSON.stringify(one)} is not ${JSON.stringify(other)}`);
}
