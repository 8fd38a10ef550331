// The host application's half of both official TypeScript clients: where they keep what they learn.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

/** An `OAuthClientProvider` that keeps everything in memory and opens no browser. */
export class MemoryProvider {
  redirectUrl = 'http://127.0.0.1:33418/callback';
  #client;
  #tokens;
  #verifier;
  #discovery;
  #state;
  /** The authorization URLs the client wanted the person to visit, in order. */
  visits = [];

  /** `client`: the credentials of a client that was registered beforehand. */
  constructor({ client } = {}) {
    this.#client = client;
  }

  get clientMetadata() {
    return {
      client_name: 'Countersign end-to-end test',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
  }

  state() {
    this.#state = randomBytes(16).toString('base64url');
    return this.#state;
  }

  clientInformation = () => this.#client;
  saveClientInformation = (client) => void (this.#client = client);
  tokens = () => this.#tokens;
  saveTokens = (tokens) => void (this.#tokens = tokens);
  codeVerifier = () => this.#verifier;
  saveCodeVerifier = (verifier) => void (this.#verifier = verifier);
  discoveryState = () => this.#discovery;
  saveDiscoveryState = (discovery) => void (this.#discovery = discovery);
  redirectToAuthorization = (url) => void this.visits.push(url);

  /** Where the person has to go now. */
  get authorizeUrl() {
    return this.visits.at(-1);
  }

  /** The parameters of the answer, after the check of `state` that the clients leave to their host. */
  answered(redirect) {
    const { searchParams } = new URL(redirect);
    assert.equal(searchParams.get('state'), this.#state, 'the answer carries our state');
    assert.equal(searchParams.get('error'), null, redirect);
    return searchParams;
  }
}
