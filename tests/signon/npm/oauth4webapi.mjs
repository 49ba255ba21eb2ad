// npm's oauth4webapi, by its single calls, signs somebody in, before and after two factors are required of them.
import * as oauth from 'oauth4webapi';
import { done, equal, given, refused, require, signingKey, visit } from './talk.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };
const ways = {
  client_secret_basic: () => oauth.ClientSecretBasic(given.secret),
  client_secret_post: () => oauth.ClientSecretPost(given.secret),
  private_key_jwt: async () => oauth.PrivateKeyJwt({ key: await signingKey(), kid: given.key.kid }),
  none: () => oauth.None(),
};
const by = await ways[given.way]();
const client = { client_id: given.client_id, id_token_signed_response_alg: given.algorithm };
const issuer = new URL(given.issuer);
const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));

async function signIn(more = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  let asked = new URLSearchParams({
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: given.redirect_uri,
    scope: 'openid profile email',
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...(given.response_mode && { response_mode: given.response_mode }),
    ...more,
  });
  if (given.pushed) {
    const answer = await oauth.pushedAuthorizationRequest(as, client, by, asked, insecure);
    const pushed = await oauth.processPushedAuthorizationResponse(as, client, answer);
    asked = new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri });
  }
  const back = await visit(`${as.authorization_endpoint}?${asked}`);
  const posted = back.method === 'POST' && new URLSearchParams(await oauth.formPostResponse(back));
  const parameters = oauth.validateAuthResponse(as, client, posted || new URL(back.url), state);
  const answer = await oauth.authorizationCodeGrantRequest(
    as, client, by, parameters, given.redirect_uri, verifier, insecure,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(as, answer, insecure);
  return { ...tokens, claims: oauth.getValidatedIdTokenClaims(tokens) };
}

async function known(token, sub) {
  const answer = await oauth.userInfoRequest(as, client, token, insecure);
  return oauth.processUserInfoResponse(as, client, sub, answer);
}

const first = await signIn();
const { sub } = first.claims;
equal((await known(first.access_token, sub)).email, given.email);

await require();
const [challenge] = (await refused(known(first.access_token, sub))).cause;
equal(challenge.parameters.error, 'insufficient_user_authentication');

const second = await signIn({ acr_values: challenge.parameters.acr_values });
equal(second.claims.sub, sub);
const renewed = await oauth.processRefreshTokenResponse(
  as, client, await oauth.refreshTokenGrantRequest(as, client, by, second.refresh_token, insecure),
);
const { email } = await known(renewed.access_token, sub);
// An access token of ours is one that a resource of the application verifies by itself (RFC 9068).
const shown = new Request(given.redirect_uri, { headers: { authorization: `Bearer ${renewed.access_token}` } });
const own = await oauth.validateJwtAccessToken(as, shown, given.issuer, { ...insecure, signingAlgorithms: [given.algorithm] });
equal(own.client_id, given.client_id);
if (given.way !== 'none') {
  const answer = await oauth.introspectionRequest(as, client, by, renewed.access_token, insecure);
  equal((await oauth.processIntrospectionResponse(as, client, answer)).active, true);
}
await oauth.processRevocationResponse(
  await oauth.revocationRequest(as, client, by, renewed.refresh_token, insecure),
);
await refused(known(renewed.access_token, sub));

const third = await signIn();
const state = oauth.generateRandomState();
const out = new URLSearchParams({
  id_token_hint: third.id_token,
  post_logout_redirect_uri: given.post_logout_redirect_uri,
  state,
});
const left = new URL((await visit(`${as.end_session_endpoint}?${out}`)).url);
equal(left.searchParams.get('state'), state);

await done({ first: first.claims, second: second.claims, email, left: left.origin + left.pathname });
