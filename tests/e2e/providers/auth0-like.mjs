// A certified OpenID provider that we did not write (npm `oidc-provider`), answering the way an Auth0
// tenant does: issuer with a trailing slash, Auth0's paths, RS256, roles in a namespaced claim.

import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';

import { listening } from '../lib/listening.mjs';
import { freePort } from '../lib/ports.mjs';

/** The claim in which this tenant says who has which role, as an Auth0 Action writes it. */
export const ROLES = 'https://example.com/roles';

/** The regular web application that Countersign is at this tenant. */
export const APPLICATION = { id: 'countersign-at-auth0', secret: 'a-client-secret-of-forty-characters-here' };

/** Starts the tenant for one callback URL. `users` maps a login name to its claims. */
export async function startTenant({ callback, users }) {
  const { Provider } = await quietly(() => import('oidc-provider'));
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}/`;
  const provider = await quietly(() => new Provider(issuer, configuration({ callback, users })));
  const seen = [];
  const answer = provider.callback();
  const server = createServer((request, response) => {
    seen.push(new URL(request.url, issuer));
    answer(request, response);
  });
  const { stop } = await listening(server, port);
  return { issuer, domain: issuer.slice(0, -1), seen, stop };
}

function configuration({ callback, users }) {
  return {
    clients: [
      {
        client_id: APPLICATION.id,
        client_secret: APPLICATION.secret,
        redirect_uris: [callback],
        post_logout_redirect_uris: [new URL('/', callback).href],
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'client_secret_post',
        id_token_signed_response_alg: 'RS256',
        require_auth_time: true,
      },
    ],
    jwks: { keys: [signingKey('tenant-key-1')] },
    cookies: { keys: ['only-for-this-test'] },
    scopes: ['openid', 'offline_access', 'profile', 'email'],
    claims: { openid: ['sub', 'sid', ROLES, 'org_id'], email: ['email', 'email_verified'], profile: ['name', 'nickname', 'picture', 'updated_at'] },
    conformIdTokenClaims: false,
    extraParams: ['connection', 'organization', 'audience', 'screen_hint'],
    routes: { authorization: '/authorize', token: '/oauth/token', userinfo: '/userinfo', jwks: '/.well-known/jwks.json', end_session: '/oidc/logout', revocation: '/oauth/revoke' },
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true }, revocation: { enabled: true } },
    ttl: { IdToken: 36_000, AccessToken: 86_400, Session: 3600, Grant: 3600, Interaction: 600, AuthorizationCode: 60 },
    pkce: { required: () => false },
    findAccount: (_, id) => users[id] && { accountId: id, claims: () => ({ sub: id, ...users[id] }) },
    loadExistingGrant: grantEverything,
  };
}

// An Auth0 tenant shows no consent page for its own first-party applications.
async function grantEverything({ oidc }) {
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope('openid profile email offline_access');
  grant.addOIDCClaims([ROLES, 'org_id']);
  await grant.save();
  return grant;
}

function signingKey(kid) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
}

// The library prints warnings about development features, which is what they are used for here.
async function quietly(work) {
  const { warn, info } = console;
  console.warn = console.info = () => {};
  try {
    return await work();
  } finally {
    Object.assign(console, { warn, info });
  }
}
