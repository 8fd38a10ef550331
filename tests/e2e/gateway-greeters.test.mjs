// The servers of docs/protect that stand behind the gateway, in three languages, and the official TypeScript
// client.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { identityOf, places, startBehind, WAYS } from './lib/greeters.mjs';
import { Session } from './lib/mcp-session.mjs';
import { repository, startService } from './lib/service.mjs';
import { text } from './lib/tools.mjs';

let placed;
let service;
before(async () => {
  placed = await places(WAYS);
  const shipped = await readFile(join(repository, 'servers/greeter.toml'), 'utf8');
  const file = (way, { id, resource }) =>
    shipped
      .replace('"/greeter"', `"/${id}"`)
      .replace('http://127.0.0.1:9001/mcp', resource)
      .replace('identity = "headers"', `identity = "${identityOf(way)}"`);
  const files = Object.entries(placed).map(([way, place]) => [`servers/${place.id}.toml`, file(way, place)]);
  const ids = Object.values(placed).map(({ id }) => id);
  service = await startService({ env: { COUNTERSIGN_SERVERS: ids.join() }, files: Object.fromEntries(files) });
});
after(() => service?.stop());

for (const way of WAYS) {
  describe(`behind the gateway: ${way}`, () => {
    let server;
    let mcp;
    before(async () => {
      mcp = `${service.issuer}/${placed[way].id}`;
      server = await startBehind(way, service.issuer, placed[way]);
    });
    after(() => server?.stop());

    test('alice is greeted by name, and the client steps up for what needs more', async () => {
      const session = await Session.open(mcp, { scope: 'read' });
      assert.equal(text(await session.client.callTool({ name: 'greet' })), 'Hello Alice Admin, you may: read');
      assert.deepEqual((await session.client.listTools()).tools.map(({ name }) => name), ['greet']);
      const result = await session.callSteppingUp({ name: 'set_greeting', arguments: { greeting: 'Ahoi' } });
      assert.equal(text(result), 'From now on: Ahoi');
      assert.equal(session.provider.visits.length, 2, 'one sign-in and one step-up');
      assert.equal(text(await session.client.callTool({ name: 'greet' })), 'Ahoi Alice Admin, you may: read write');
      await session.close();
    });

    if (identityOf(way) === 'assertion') {
      test('whoever comes past the gateway is refused, with an access token too', async () => {
        const session = await Session.open(mcp);
        for (const headers of [{}, { authorization: `Bearer ${session.accessToken}` }]) {
          const answer = await fetch(placed[way].resource, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{}' });
          assert.equal(answer.status, 401);
        }
        await session.close();
      });
    }
  });
}
