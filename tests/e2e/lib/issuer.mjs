// An issuer of access tokens that the test itself signs: good ones, and each of them wrong in one way.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';

import { listening } from './listening.mjs';

/** Serves its metadata and its keys. `token(claims, header, key)` signs; `stranger` is a key that it does not publish. */
export async function startIssuer() {
  const [pair, stranger] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: KID, alg: 'ES256', use: 'sig' };
  let issuer;
  const documents = {
    '/.well-known/oauth-authorization-server': () => ({ ...METADATA, issuer, jwks_uri: `${issuer}/jwks`, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` }),
    '/jwks': () => ({ keys: [jwk] }),
  };
  const { url, stop } = await listening(createServer((request, response) => serve(documents[request.url], response)));
  issuer = url;
  const token = (claims = {}, header = {}, key = pair.privateKey) =>
    new SignJWT({ ...ordinary(issuer), ...claims }).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: KID, ...header }).sign(key);
  return { issuer, token, stranger: stranger.privateKey, stop };
}

const ordinary = (iss) => ({ iss, sub: 'usr_WDjO1KeBK0DjGg6RhoZ8FA', client_id: 'dyn_HPz-6gS9sroTccSUJCJzEw', scope: 'read', jti: randomBytes(16).toString('base64url'), iat: now(), exp: now() + 600, auth_time: now(), idp: 'dev', grant_id: '1aSvJ4gAZSyPSYf9R0QJrQ', name: 'Ada' });

const serve = (document, response) =>
  document ? response.setHeader('content-type', 'application/json').end(JSON.stringify(document())) : response.writeHead(404).end();

/** Seconds since 1970. */
export const now = () => Math.floor(Date.now() / 1000);

const KID = 'the-key';

const METADATA = { response_types_supported: ['code'], code_challenge_methods_supported: ['S256'], scopes_supported: ['read', 'write'] };
