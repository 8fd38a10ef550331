// npm `oidc-provider` as a peer of the speed table: one public client, everything in memory, ES256 access tokens
// for one resource, rotating refresh tokens, dynamic registration. GET /prepared?codes=N&tokens=M makes what a run needs.
//
//   node oidc-provider.mjs PORT

import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';

import { Provider } from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://localhost:${port}`;
const resource = `${issuer}/mcp`;
const scope = 'read';
const verifier = 'a-code-verifier-of-forty-three-characters-00';
const challenge = Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))).toString('base64url');
const client = { client_id: 'client', token_endpoint_auth_method: 'none', redirect_uris: ['http://127.0.0.1:7777/callback'], response_types: ['code'], grant_types: ['authorization_code', 'refresh_token'], id_token_signed_response_alg: 'ES256' };

// The library's own adapter forgets all but 1,000 entries; this one keeps what it was given.
class Memory {
  static entries = new Map();

  constructor(model) {
    this.model = model;
  }

  key = (id) => `${this.model}:${id}`;
  upsert = async (id, payload) => void Memory.entries.set(this.key(id), payload);
  find = async (id) => Memory.entries.get(this.key(id));
  findByUid = async () => undefined;
  findByUserCode = async () => undefined;
  destroy = async (id) => void Memory.entries.delete(this.key(id));
  revokeByGrantId = async () => {};
  consume = async (id) => void (Memory.entries.get(this.key(id)).consumed = Math.floor(Date.now() / 1000));
}

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const provider = new Provider(issuer, {
  adapter: Memory,
  clients: [client],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'key', use: 'sig', alg: 'ES256' }] },
  cookies: { keys: ['only-for-this-measurement'] },
  scopes: ['openid', 'offline_access', 'read'],
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: async () => true,
      getResourceServerInfo: async () => ({ scope: 'read', accessTokenFormat: 'jwt', accessTokenTTL: 3600, jwt: { sign: { alg: 'ES256' } } }),
    },
  },
  ttl: { AccessToken: 3600, AuthorizationCode: 3600, Grant: 3600, IdToken: 3600, RefreshToken: 3600, Session: 3600, Interaction: 3600 },
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  findAccount: async (_, accountId) => ({ accountId, claims: () => ({ sub: accountId, name: 'Alice Admin', email: 'alice@example.com' }) }),
});

async function prepared(codes, tokens) {
  const known = await provider.Client.find(client.client_id);
  const grant = async () => {
    const grant = new provider.Grant({ clientId: known.clientId, accountId: 'alice' });
    grant.addOIDCScope('openid offline_access');
    grant.addResourceScope(resource, 'read');
    return grant.save();
  };
  const common = { accountId: 'alice', client: known, scope, gty: 'authorization_code' };
  const code = async () =>
    new provider.AuthorizationCode({ ...common, grantId: await grant(), redirectUri: client.redirect_uris[0], codeChallenge: challenge, codeChallengeMethod: 'S256', resource, authTime: Math.floor(Date.now() / 1000) }).save();
  const token = async () => new provider.AccessToken({ ...common, grantId: await grant(), scope: 'openid' }).save();
  const times = async (count, make) => {
    const made = [];
    while (made.length < count) made.push(await make());
    return made;
  };
  return { client: client.client_id, resource, verifier, codes: await times(codes, code), tokens: await times(tokens, token) };
}

const answer = provider.callback();
createServer(async (request, response) => {
  if (!request.url.startsWith('/prepared')) return answer(request, response);
  const asked = new URL(request.url, issuer).searchParams;
  const body = JSON.stringify(await prepared(Number(asked.get('codes')), Number(asked.get('tokens'))));
  return response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
}).listen(port, '127.0.0.1');
