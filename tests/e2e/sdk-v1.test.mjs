// The official TypeScript SDK, 1.x line, unmodified: protocol up to 2025-11-25.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { auth, UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { MemoryProvider } from './lib/oauth-client.mjs';
import { startService } from './lib/service.mjs';
import { signIn } from './lib/sign-in.mjs';
import { facts, text } from './lib/tools.mjs';

const registered = {
  OAUTH_CLIENT_ID: 'registered-beforehand',
  OAUTH_CLIENT_SECRET: 'a-secret-that-only-this-client-knows',
  OAUTH_REDIRECT_URI: new MemoryProvider().redirectUrl,
};

let service;
before(async () => (service = await startService({ env: registered })));
after(() => service?.stop());

test('SDK 1.x discovers, registers, signs alice in and calls a tool as her', async () => {
  const { client } = await connect(service, 'alice');
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name).sort(), ['public_tool', 'rate_limited_tool', 'read_data', 'secure_operation', 'user_profile', 'whoami']);
  const whoami = facts(await client.callTool({ name: 'whoami' }));
  assert.match(JSON.stringify(whoami), /alice/i);
  await client.close();
});

// This client never asks for more scopes once it holds a refresh token (it refreshes instead), so the
// challenge that starts the sign-in has to name every scope of the server.
test('SDK 1.x runs the admin operation as alice', async () => {
  const { client } = await connect(service, 'alice');
  const result = await client.callTool({ name: 'secure_operation' });
  assert.notEqual(result.isError, true, text(result));
  await client.close();
});

test('SDK 1.x with a client registered beforehand authenticates with its secret', async () => {
  const { OAUTH_CLIENT_ID: client_id, OAUTH_CLIENT_SECRET: client_secret } = registered;
  const { client } = await connect(service, 'alice', { client: { client_id, client_secret } });
  assert.match(text(await client.callTool({ name: 'whoami' })), /registered-beforehand/);
  await client.close();
});

test('SDK 1.x as bob, a reader, reads data and is refused the admin operation', async () => {
  const { client } = await connect(service, 'bob');
  assert.notEqual((await client.callTool({ name: 'read_data' })).isError, true);
  await assert.rejects(client.callTool({ name: 'secure_operation' }), { code: 403 });
});

test('SDK 1.x refreshes without the person, and the refresh token is a new one', async () => {
  const { client, provider } = await connect(service, 'alice');
  await client.close();
  const old = provider.tokens();
  assert.equal(await auth(provider, { serverUrl: service.mcp }), 'AUTHORIZED');
  assert.notEqual(provider.tokens().refresh_token, old.refresh_token);
  assert.notEqual(provider.tokens().access_token, old.access_token);
  const again = await open(service, provider);
  assert.match(text(await again.callTool({ name: 'whoami' })), /alice/i);
  await again.close();
});

test('nothing that SDK 1.x was given is in the log', async () => {
  const { client, provider, redirect } = await connect(service, 'alice');
  await client.close();
  const { access_token, refresh_token } = provider.tokens();
  const code = new URL(redirect).searchParams.get('code');
  // The banner shows who can sign in, with their addresses.
  const logged = service.log.replace(/^ +Alice Admin .*$/m, '');
  for (const [name, secret] of Object.entries({ access_token, refresh_token, code, email: 'alice@' })) {
    assert.ok(!logged.includes(secret), `${name} was logged`);
  }
});

async function connect({ mcp }, user, known) {
  const provider = new MemoryProvider(known);
  const first = new StreamableHTTPClientTransport(new URL(mcp), { authProvider: provider });
  await assert.rejects(newClient().connect(first), UnauthorizedError);
  const redirect = await signIn(provider.authorizeUrl, { user });
  await first.finishAuth(provider.answered(redirect).get('code'));
  return { client: await open({ mcp }, provider), provider, redirect };
}

async function open({ mcp }, provider) {
  const client = newClient();
  await client.connect(new StreamableHTTPClientTransport(new URL(mcp), { authProvider: provider }));
  return client;
}

const newClient = () => new Client({ name: 'countersign-e2e', version: '1.0.0' });
