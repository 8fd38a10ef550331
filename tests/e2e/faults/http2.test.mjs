// HTTP/2 as an attacker speaks it: streams that are opened only to be reset, and heads without end.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { resident } from '../lib/load.mjs';
import { Others } from '../lib/others.mjs';
import { pause } from '../lib/process.mjs';
import { startService } from '../lib/service.mjs';

const MIB = 1024 ** 2;

let service, others, usual;
before(async () => {
  service = await startService({ env: { COUNTERSIGN_LOG: 'info,countersign=debug' } });
  others = await Others.at(service);
  usual = await others.waits();
});
after(() => service?.stop());

test('whoever opens streams only to reset them is sent away, and holds nobody up', async (t) => {
  const { connections, streams, goneAways } = await attacked(t, 'rapidReset');
  t.diagnostic(`${streams} streams on ${connections} connections, ${goneAways} of which were ended by GOAWAY`);
  assert.ok(connections > 0);
  assert.equal(goneAways, connections);
});

test('whoever sends a head without end is sent away, and holds nobody up', async (t) => {
  const { connections, bytes, most } = await attacked(t, 'endlessHead');
  t.diagnostic(`${connections} connections, ended after ${bytes} bytes (${most} at most)`);
  assert.ok(connections > 0);
  // Most of it is what the two sockets hold.
  assert.ok(most < 16 * MIB, `${most} bytes were taken from one connection`);
});

/** Has a thread of its own attack for two seconds and while others are measured; memory stays as it is. */
async function attacked(t, attack) {
  const worker = new Worker(new URL('../lib/http2-attacks.mjs', import.meta.url), { workerData: { attack, url: service.issuer } });
  const done = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  const memory = resident(service.child);
  await pause(2000);
  await others.compare(t, usual).finally(() => worker.postMessage('enough'));
  const grown = resident(service.child) - memory;
  const figures = await done;
  assert.ok(grown < 64 * MIB, `grown by ${grown / MIB} MiB`);
  await others.recovers();
  others.logIsClean();
  return figures;
}
