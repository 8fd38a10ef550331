// An OpenID provider of a test's own that signs everybody in at once, and answers a byte a second where told to.

import { createServer } from 'node:http';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';

import { listening } from './listening.mjs';

/** Starts it; `slow` is a set of paths (`/discovery`, `/keys`, `/token`) that the test may change. */
export async function startSlowProvider(slow = new Set()) {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'the-key', alg: 'RS256', use: 'sig' };
  const nonces = new Map();
  const provider = { slow, dripped: 0 };
  const idToken = (nonce) =>
    new SignJWT({ nonce, name: 'Sam Slow', email: 'sam@example.com', email_verified: true })
      .setProtectedHeader({ alg: 'RS256', kid: jwk.kid })
      .setIssuer(provider.issuer)
      .setAudience(CLIENT.id)
      .setSubject('sam')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
  const documents = {
    '/discovery': () => metadata(provider.issuer),
    '/keys': () => ({ keys: [jwk] }),
    '/token': async (form) => ({ access_token: 'unused', token_type: 'Bearer', expires_in: 60, id_token: await idToken(nonces.get(form.get('code'))) }),
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, provider.issuer);
    if (url.pathname === '/authorize') return signedIn(url.searchParams, nonces, response);
    const path = url.pathname === WELL_KNOWN ? '/discovery' : url.pathname;
    const form = new URLSearchParams(String(Buffer.concat(await request.toArray())));
    const body = JSON.stringify(await documents[path](form));
    if (!slow.has(path)) return response.setHeader('content-type', 'application/json').end(body);
    provider.dripped += 1;
    drip(response, `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  });
  const { url, stop } = await listening(server);
  provider.issuer = url;
  return Object.assign(provider, { stop });
}

function signedIn(asked, nonces, response) {
  const code = `code-${nonces.size}`;
  nonces.set(code, asked.get('nonce'));
  const back = new URL(asked.get('redirect_uri'));
  back.search = new URLSearchParams({ code, state: asked.get('state') });
  response.writeHead(303, { location: back.href }).end();
}

function drip({ socket }, text) {
  let at = 0;
  const timer = setInterval(() => (at < text.length ? socket.write(text[at++]) : socket.end()), 1000);
  socket.on('error', () => {}).on('close', () => clearInterval(timer));
}

const metadata = (issuer) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/keys`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
});

const WELL_KNOWN = '/.well-known/openid-configuration';

/** What Countersign is registered as. */
export const CLIENT = { id: 'countersign-at-slow', secret: 'a-client-secret-of-forty-characters-here' };
