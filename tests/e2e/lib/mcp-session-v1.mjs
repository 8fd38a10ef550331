// The official TypeScript SDK, 1.x line, unmodified, of a person who signs in without a browser.

import assert from 'node:assert/strict';

import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { MemoryProvider } from './oauth-client.mjs';
import { signIn } from './sign-in.mjs';

/** From the refusal to an open session. */
export async function openV1(mcp, { user = 'alice' } = {}) {
  const provider = new MemoryProvider();
  const connect = async () => {
    const client = new Client({ name: 'countersign-e2e', version: '1.0.0' });
    const transport = new StreamableHTTPClientTransport(new URL(mcp), { authProvider: provider });
    await client.connect(transport).catch((error) => Promise.reject(Object.assign(error, { transport })));
    return client;
  };
  const refused = await connect().then(() => assert.fail('let in without a token'), (error) => error);
  assert.ok(refused instanceof UnauthorizedError, String(refused));
  const redirect = await signIn(provider.authorizeUrl, { user });
  await refused.transport.finishAuth(provider.answered(redirect).get('code'));
  return connect();
}
