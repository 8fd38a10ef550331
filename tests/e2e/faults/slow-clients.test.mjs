// Clients that take their time: heads and bodies that come a byte a second, connections that ask for nothing.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { describe, test } from 'node:test';

import { ask, Others } from '../lib/others.mjs';
import { pause } from '../lib/process.mjs';
import { openMany, Raw } from '../lib/raw.mjs';
import { startService } from '../lib/service.mjs';

// All wait for the same half minute that a client is given, each at a service of its own.
describe('slow clients', { concurrency: true }, () => {
  test('heads that come a byte a second are cut off, and hold nobody up', (t) => lasting(t, slowHeads));

  test('bodies that come a byte a second are cut off, and hold nobody up', (t) => lasting(t, slowBodies));

  test('ten thousand connections that ask for nothing are closed, and hold nobody up', (t) => lasting(t, idle));

  test('connections that are more than it may open wait, those that are there go on, and later all do', outOfFiles);
});

/** Makes the fault, measures others, waits until each connection was ended by the service. */
async function lasting(t, fault) {
  const service = await startService({ env: { COUNTERSIGN_LOG: 'info,countersign=debug' } });
  t.after(() => service.stop());
  const others = await Others.at(service);
  const before = await others.waits();
  const { connections, check } = await fault(t, others);
  t.after(() => connections.forEach((one) => one.end()));
  await pause(2000);
  await others.compare(t, before);
  // A busy machine may have needed so long to open the last that the first are gone.
  assert.ok(connections.some((one) => !one.socket.closed), 'it lasted');
  const open = await Promise.all(connections.map((one) => Promise.race([one.closed, pause(45_000, Infinity)])));
  t.diagnostic(`${open.length} connections, open for ${Math.min(...open).toFixed(1)} to ${Math.max(...open).toFixed(1)} s`);
  assert.ok(Math.min(...open) > 25 && Math.max(...open) < 45, 'each was ended in time');
  check?.();
  await others.recovers();
  others.logIsClean();
}

const HEADS = [
  { first: 'G', rest: 'ET / HTTP/1.1\r\nHost: x\r\nX-Slow: ' + 'x'.repeat(100) },
  { first: 'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ', rest: 'x' },
  { first: 'POST /token HTTP/1.1\r\n', rest: 'X: y\r\n' },
  // A second head, after a good first one.
  { first: 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n', rest: 'GET / HTTP/1.1\r\nX-Slow: ' + 'x'.repeat(100) },
  // The beginning of HTTP/2, and half of a frame.
  { first: 'P', rest: 'RI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0' },
];

async function slowHeads(t, { service }) {
  const open = async (index) => {
    const { first, rest } = HEADS[index % HEADS.length];
    return (await Raw.open(service.issuer, { first })).drip(rest);
  };
  return { connections: await openMany(200, open) };
}

async function slowBodies(t, others) {
  const { service } = others;
  const { host } = new URL(service.issuer);
  const head = (path, more) => `POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
  const mcp = Object.entries(others.callHeaders()).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const form = 'Content-Type: application/x-www-form-urlencoded\r\n';
  const kinds = [
    ...['/token', '/revoke', '/introspect', '/authorize', '/account', '/sign-out'].map((path) => head(path, `${form}Content-Length: 1000\r\n`)),
    head('/token', `${form}Transfer-Encoding: chunked\r\n`) + '3e8\r\n',
    head('/register', 'Content-Type: application/json\r\nContent-Length: 1000\r\n'),
    head('/mcp', `${mcp}Content-Length: 1000\r\n`),
  ];
  const connections = await openMany(198, async (index) => (await Raw.open(service.issuer, { first: kinds[index % kinds.length] })).drip(' '));
  const check = () => {
    for (const { status } of connections) assert.equal(status, 408);
  };
  return { connections, check };
}

async function idle(t, { service }) {
  // A file for each connection at either end, and some for everything else.
  const limit = (who) => Number(readFileSync(`/proc/${who}/limits`, 'utf8').match(/^Max open files +(\d+)/m)[1]);
  const count = Math.min(10_000, limit('self') - 1000, limit(service.child.pid) - 200);
  return { connections: await openMany(count, () => Raw.open(service.issuer)) };
}

/** More than so many files allow, and few enough to queue. */
const [FILES, MANY] = [300, 350];

async function outOfFiles(t) {
  const service = await startService({ under: ['sh', '-c', `ulimit -n ${FILES} && exec "$@"`, 'sh'] });
  t.after(() => service.stop());
  const others = await Others.at(service);
  others.agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const before = await others.waits();
  const connections = await openMany(MANY, () => Raw.open(service.issuer));
  t.after(() => connections.forEach((one) => one.end()));
  await others.compare(t, before);
  const newcomer = ask(`${service.issuer}/healthz`);
  assert.equal(await Promise.race([newcomer, pause(1000, 'waits')]), 'waits');
  connections.forEach((one) => one.end());
  assert.equal((await newcomer).status, 200);
  others.agent.destroy();
  others.agent = false;
  await others.recovers();
  assert.match(service.log, /a connection could not be accepted/);
  others.logIsClean();
}
