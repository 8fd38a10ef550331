// npm `oauth2-mock-server`: an OpenID provider that asks nobody anything. `person` is who signs in next.

import { createServer } from 'node:http';

import { OAuth2Issuer, OAuth2Service } from 'oauth2-mock-server';

import { listening } from '../lib/listening.mjs';

/** What Countersign is at this provider; it takes any. */
export const CLIENT = { id: 'countersign-at-a-mock', secret: 'a-client-secret-of-a-mock-issuer' };

/**
 * Starts it. Its tokens carry the claims of `person`. `issuer` is what they call themselves; without
 * one, the address where it listens.
 */
export async function startIssuer({ person, issuer } = {}) {
  const keys = new OAuth2Issuer();
  await keys.keys.generate('RS256', { kid: 'mock-key-1' });
  const service = new OAuth2Service(keys);
  const seen = [];
  const { url, stop } = await listening(createServer((request, response) => seen.push(new URL(request.url, url)) && service.requestHandler(request, response)));
  keys.url = issuer ?? url;
  const provider = { issuer: keys.url, url, seen, stop, person };
  service.on('beforeTokenSigning', ({ payload }) => Object.assign(payload, provider.person));
  // It knows Basic authentication and says otherwise.
  service.on('beforeWellKnownOpenIdConfiguration', ({ body }) => (body.token_endpoint_auth_methods_supported = ['client_secret_basic', 'client_secret_post']));
  return provider;
}
