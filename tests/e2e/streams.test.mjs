// A small form of streams.mjs: memory does not grow with what passes through the gateway.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { download, openStreams, resident, startLoaded } from './lib/load.mjs';

const MIB = 1024 ** 2;

let loaded;
before(async () => (loaded = await startLoaded()));
after(() => loaded?.stop());

for (const type of ['application/json', 'text/event-stream']) {
  test(`an answer of 256 MiB as ${type} passes in less than 64 MiB`, async () => {
    await download(loaded, 1024, type, () => {});
    const before = resident(loaded.service.child);
    let most = before;
    const arrived = await download(loaded, 256 * MIB, type, () => (most = Math.max(most, resident(loaded.service.child))));
    assert.ok(arrived > 256 * MIB);
    assert.ok(most - before < 64 * MIB, `grown by ${(most - before) / MIB} MiB`);
  });
}

test('fifty event streams of one caller are open at once', async () => {
  const streams = await openStreams(loaded, 50);
  assert.ok(streams.events() >= 50);
  streams.close();
});
