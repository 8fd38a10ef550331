// The official TypeScript client, 2.x line, unmodified: 2026-07-28 without sessions, and the older eras.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { auth, Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';

import { MemoryProvider } from './lib/oauth-client.mjs';
import { startService } from './lib/service.mjs';
import { signIn } from './lib/sign-in.mjs';
import { facts, text } from './lib/tools.mjs';

let service;
before(async () => (service = await startService()));
after(() => service?.stop());

for (const mode of [{ pin: '2026-07-28' }, 'auto', 'legacy']) {
  test(`client 2.x (${mode.pin ?? mode}) discovers, registers, signs alice in and calls a tool as her`, async () => {
    const { client } = await connect(service, 'alice', mode);
    const whoami = facts(await client.callTool({ name: 'whoami' }));
    assert.match(JSON.stringify(whoami), /alice/i);
    await client.close();
  });
}

test('client 2.x runs the admin operation as alice, stepping up where the server asks for it', async () => {
  const session = await connect(service, 'alice', 'auto');
  const result = await callSteppingUp(session, 'alice', 'secure_operation');
  assert.notEqual(result.isError, true, text(result));
});

test('client 2.x as bob, a reader, is refused the admin operation and told which scope it needs', async () => {
  const { client, provider } = await connect(service, 'bob', 'auto');
  assert.notEqual((await client.callTool({ name: 'read_data' })).isError, true);
  await assert.rejects(client.callTool({ name: 'secure_operation' }));
  assert.match(provider.authorizeUrl.searchParams.get('scope'), /\badmin\b/);
});

test('client 2.x finds our issuer in the answer and refuses any other', async () => {
  const { provider, transport } = await unauthorized(service);
  const redirect = new URL(await signIn(provider.authorizeUrl));
  assert.deepEqual(redirect.searchParams.getAll('iss'), [service.issuer]);
  redirect.searchParams.set('iss', 'https://elsewhere.example');
  await assert.rejects(transport.finishAuth(redirect.searchParams), { name: 'IssuerMismatchError' });
});

test('client 2.x refreshes without the person, and the refresh token is a new one', async () => {
  const { client, provider } = await connect(service, 'alice', 'auto');
  await client.close();
  const old = provider.tokens();
  assert.equal(await auth(provider, { serverUrl: service.mcp }), 'AUTHORIZED');
  assert.notEqual(provider.tokens().refresh_token, old.refresh_token);
  const again = await open(service, provider, 'auto');
  assert.match(text(await again.callTool({ name: 'whoami' })), /alice/i);
  await again.close();
});

async function connect({ mcp }, user, mode) {
  const { provider, transport } = await unauthorized({ mcp }, mode);
  const redirect = await signIn(provider.authorizeUrl, { user });
  await transport.finishAuth(provider.answered(redirect));
  return { client: await open({ mcp }, provider, mode), provider };
}

async function unauthorized({ mcp }, mode) {
  const provider = new MemoryProvider();
  const transport = new StreamableHTTPClientTransport(new URL(mcp), { authProvider: provider });
  await assert.rejects(newClient(mode).connect(transport), UnauthorizedError);
  return { provider, transport };
}

async function open({ mcp }, provider, mode) {
  const client = newClient(mode);
  client.transportInUse = new StreamableHTTPClientTransport(new URL(mcp), { authProvider: provider });
  await client.connect(client.transportInUse);
  return client;
}

async function callSteppingUp({ client, provider }, user, name) {
  try {
    return await client.callTool({ name });
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    const redirect = await signIn(provider.authorizeUrl, { user });
    await client.transportInUse.finishAuth(provider.answered(redirect));
    return client.callTool({ name });
  }
}

const newClient = (mode) => new Client({ name: 'countersign-e2e', version: '1.0.0' }, { versionNegotiation: { mode: mode ?? 'auto' } });
