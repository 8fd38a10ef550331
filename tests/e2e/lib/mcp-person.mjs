// The official TypeScript client and a person with a browser: from the refusal at /mcp to an open session.

import assert from 'node:assert/strict';

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';

import { signInByHand } from './browser.mjs';
import { MemoryProvider } from './oauth-client.mjs';

/**
 * Connects to `service` as the person who takes `steps` on the pages. Asks for `scope` at once, as a client
 * does that already knows what it wants to do.
 */
export async function connectByHand(service, person, steps, { scope = 'read' } = {}) {
  const provider = new MemoryProvider();
  const transport = transportTo(service, provider);
  await assert.rejects(newClient().connect(transport), UnauthorizedError);
  const url = new URL(provider.authorizeUrl);
  url.searchParams.set('scope', scope);
  await transport.finishAuth(provider.answered(await signInByHand(person, url, ...steps)));
  return { client: await reconnect(service, provider), provider };
}

/** Opens another session with the tokens the provider holds. */
export async function reconnect(service, provider) {
  const client = newClient();
  await client.connect(transportTo(service, provider));
  return client;
}

const transportTo = ({ mcp }, authProvider) => new StreamableHTTPClientTransport(new URL(mcp), { authProvider });

const newClient = () => new Client({ name: 'countersign-e2e', version: '1.0.0' });
