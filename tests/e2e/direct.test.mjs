// The servers of docs/protect that check our tokens themselves, in three languages, and the official
// TypeScript client.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { LANGUAGES, places, startDirect } from './lib/greeters.mjs';
import { openV1 } from './lib/mcp-session-v1.mjs';
import { Session } from './lib/mcp-session.mjs';
import { repository, startService } from './lib/service.mjs';
import { text } from './lib/tools.mjs';

let placed;
let service;
before(async () => {
  placed = await places(LANGUAGES);
  const file = await readFile(join(repository, 'servers/guarded.toml'), 'utf8');
  const files = Object.values(placed).map(({ id, resource }) => [`servers/${id}.toml`, file.replace('http://127.0.0.1:9000/mcp', resource)]);
  const ids = Object.values(placed).map(({ id }) => id);
  service = await startService({ env: { COUNTERSIGN_SERVERS: ['demo', ...ids].join() }, files: Object.fromEntries(files) });
});
after(() => service?.stop());

for (const language of LANGUAGES) {
  describe(`the direct server in ${language}`, () => {
    let server;
    before(async () => (server = await startDirect(language, service.issuer, placed[language])));
    after(() => server?.stop());

    test('names us, byte for byte, in its metadata', async () => {
      const { origin, pathname } = new URL(server.resource);
      const metadata = await (await fetch(`${origin}/.well-known/oauth-protected-resource${pathname}`)).json();
      assert.equal(metadata.resource, server.resource);
      assert.deepEqual(metadata.authorization_servers, [service.issuer]);
    });

    test('is found by its own metadata, and alice is greeted by name', async () => {
      const session = await Session.open(server.resource);
      assert.match(text(await session.client.callTool({ name: 'greet' })), /^Hello Alice Admin, you may: .*read/);
      await session.close();
    });

    test('is found by SDK 1.x as well', async () => {
      const client = await openV1(server.resource);
      assert.match(text(await client.callTool({ name: 'greet' })), /^Hello Alice Admin, you may: .*read/);
      await client.close();
    });

    test('answers 403 to a call that needs more, and the client steps up', async () => {
      const session = await Session.open(server.resource, { scope: 'read' });
      assert.match(text(await session.client.callTool({ name: 'greet' })), /you may: read$/);
      const result = await session.callSteppingUp({ name: 'set_greeting', arguments: { greeting: 'Ahoi' } });
      assert.equal(text(result), 'From now on: Ahoi');
      assert.equal(session.provider.visits.length, 2, 'one sign-in and one step-up');
      assert.match(text(await session.client.callTool({ name: 'greet' })), /^Ahoi Alice Admin, you may: read write$/);
      await session.close();
    });

    test('refuses a token for another server', async () => {
      const elsewhere = await Session.open(service.mcp);
      const { status, challenge } = await call(server.resource, elsewhere.accessToken);
      assert.equal(status, 401);
      assert.match(challenge, /error="invalid_token"/);
      assert.match(challenge, /resource_metadata="[^"]+"/);
      await elsewhere.close();
    });
  });
}

async function call(url, token) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'greet' } }),
  });
  await response.body?.cancel();
  return { status: response.status, challenge: response.headers.get('www-authenticate') ?? '' };
}
