// Firebase ID tokens with a signature: the emulator signs nothing, so its tokens are signed again with
// a key set of this test, published the way Google publishes its own.

import { createServer } from 'node:http';

import { OAuth2Issuer } from 'oauth2-mock-server';

import { listening } from '../lib/listening.mjs';
import { PROJECT } from './firebase.mjs';

/**
 * Starts the key set. Over HTTP: `GET /jwks`, `POST /mint` `{claims, header}`, `POST /bridge` `{id_token}`,
 * `POST /rotate`; the methods of the same names do the same.
 */
export async function startSigned({ project = PROJECT } = {}) {
  const signer = new Signer(project);
  await signer.rotate();
  const { url, stop } = await listening(createServer((request, response) => answer(signer, request, response)));
  return Object.assign(signer, { url, jwks: `${url}/jwks`, stop });
}

class Signer {
  #issuer = new OAuth2Issuer();
  #keys = 0;
  /** How often the key set was asked for. */
  fetches = 0;

  constructor(project) {
    this.project = project;
    this.#issuer.url = `https://securetoken.google.com/${project}`;
  }

  /** Signs with a new key from now on; the old ones stay published. */
  async rotate() {
    this.#keys += 1;
    await this.#issuer.keys.generate('RS256', { kid: this.#kid });
    return { kid: this.#kid };
  }

  /** A token for a person who signed in just now; `claims` replace its claims, `undefined` removes one. */
  mint({ claims = {}, header = {} } = {}) {
    return this.#sign({ ...this.#ordinary(), ...claims }, header);
  }

  /** The claims of an emulator's token, signed. */
  bridge(token) {
    return this.#sign(JSON.parse(Buffer.from(token.split('.')[1], 'base64url')));
  }

  get keys() {
    return this.#issuer.keys.toJSON();
  }

  get #kid() {
    return `firebase-key-${this.#keys}`;
  }

  #sign(claims, header = {}) {
    const replace = (head, payload) => {
      for (const name of Object.keys(payload)) delete payload[name];
      Object.assign(head, header);
      Object.assign(payload, claims);
    };
    return this.#issuer.buildToken({ kid: this.#kid, scopesOrTransform: replace });
  }

  #ordinary() {
    const now = Math.floor(Date.now() / 1000);
    const identity = { email: 'ann@example.com', email_verified: true, name: 'Ann Signed' };
    const firebase = { identities: { 'google.com': ['104'], email: [identity.email] }, sign_in_provider: 'google.com' };
    return { iss: this.#issuer.url, aud: this.project, sub: 'uid-ann', user_id: 'uid-ann', auth_time: now, iat: now, exp: now + 3600, ...identity, firebase };
  }
}

// Google's own numbers: hours of freshness, of which some have passed already.
const CACHING = { 'cache-control': 'public, max-age=19302, must-revalidate, no-transform', age: '300' };

async function answer(signer, request, response) {
  const body = await json(request);
  switch (`${request.method} ${request.url}`) {
    case 'GET /jwks':
      signer.fetches += 1;
      return send(response, 200, { keys: signer.keys }, CACHING);
    case 'POST /mint':
      return send(response, 200, { id_token: await signer.mint(body) });
    case 'POST /bridge':
      return send(response, 200, { id_token: await signer.bridge(body.id_token) });
    case 'POST /rotate':
      return send(response, 200, await signer.rotate());
    default:
      return send(response, 404, {});
  }
}

async function json(request) {
  const chunks = await request.toArray();
  return chunks.length ? JSON.parse(Buffer.concat(chunks)) : {};
}

function send(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
