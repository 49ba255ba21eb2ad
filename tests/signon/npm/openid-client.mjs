// npm's openid-client signs somebody in, before and after two factors are required of them.
import * as client from 'openid-client';
import { done, equal, given, refused, require, signingKey, visit } from './talk.mjs';

const ways = {
  client_secret_basic: () => client.ClientSecretBasic(given.secret),
  client_secret_post: () => client.ClientSecretPost(given.secret),
  private_key_jwt: async () => client.PrivateKeyJwt({ key: await signingKey(), kid: given.key.kid }),
  none: () => client.None(),
};

const config = await client.discovery(
  new URL(given.issuer),
  given.client_id,
  { id_token_signed_response_alg: given.algorithm },
  await ways[given.way](),
  { execute: [client.allowInsecureRequests] },
);
// Else a token that comes straight from the provider is not verified by its signature.
client.enableNonRepudiationChecks(config);

async function signIn(more = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const checks = { expectedState: client.randomState(), expectedNonce: client.randomNonce() };
  const parameters = {
    redirect_uri: given.redirect_uri,
    scope: 'openid profile email',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...(given.response_mode && { response_mode: given.response_mode }),
    ...more,
  };
  const url = given.pushed
    ? await client.buildAuthorizationUrlWithPAR(config, parameters)
    : client.buildAuthorizationUrl(config, parameters);
  if (given.pushed) equal(url.searchParams.get('scope'), null);
  const back = await visit(url);
  return client.authorizationCodeGrant(config, back.method === 'POST' ? back : new URL(back.url), {
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
    ...checks,
  });
}

const first = await signIn();
const { sub } = first.claims();
equal((await client.fetchUserInfo(config, first.access_token, sub)).email, given.email);

await require();
const kept = await refused(client.fetchUserInfo(config, first.access_token, sub));
const [challenge] = kept.cause;
equal(challenge.parameters.error, 'insufficient_user_authentication');

const second = await signIn({ acr_values: challenge.parameters.acr_values });
equal(second.claims().sub, sub);
const renewed = await client.refreshTokenGrant(config, second.refresh_token);
const known = await client.fetchUserInfo(config, renewed.access_token, sub);
if (given.way !== 'none') {
  equal((await client.tokenIntrospection(config, renewed.access_token)).active, true);
}
await client.tokenRevocation(config, renewed.refresh_token);
await refused(client.fetchUserInfo(config, renewed.access_token, sub));

const third = await signIn();
const state = client.randomState();
const out = client.buildEndSessionUrl(config, {
  post_logout_redirect_uri: given.post_logout_redirect_uri,
  id_token_hint: third.id_token,
  state,
});
const left = new URL((await visit(out)).url);
equal(left.searchParams.get('state'), state);

await done({
  first: first.claims(),
  second: second.claims(),
  email: known.email,
  left: left.origin + left.pathname,
});
