// The official conformance suite's server scenarios, unmodified, against a server directly and through the gateway.
// Being in between changes no result. The suite knows nothing of tokens: a relay adds one on the way to the gateway.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import { serverScenarios } from './lib/conformance.mjs';
import { answers } from './lib/greeters.mjs';
import { Session } from './lib/mcp-session.mjs';
import { packageBin } from './lib/node.mjs';
import { freePort } from './lib/ports.mjs';
import { start, stop } from './lib/process.mjs';
import { startRelay } from './lib/relay.mjs';
import { repository, startService } from './lib/service.mjs';

// One that was built to pass, and one that nobody here wrote.
const SERVERS = {
  conformant: (port) => start(process.execPath, [`${repository}/tests/e2e/servers/conformant.mjs`, port]),
  everything: (port) => start(process.execPath, [packageBin('@modelcontextprotocol/server-everything', 'mcp-server-everything'), 'streamableHttp'], { env: { PORT: port } }),
};

const running = [];
const direct = {};
const relayed = {};

before(async () => {
  await Promise.all(Object.entries(SERVERS).map(([name, run]) => startServer(name, run)));
  const files = Object.entries(direct).map(([name, url]) => [`servers/${name}.toml`, serverFile(name, url)]);
  const service = await startService({ env: { COUNTERSIGN_SERVERS: Object.keys(SERVERS).join() }, files: Object.fromEntries(files) });
  running.push(service);
  for (const name of Object.keys(SERVERS)) {
    const session = await Session.open(`${service.issuer}/${name}`);
    const relay = await startRelay(session.mcp, session.accessToken);
    running.unshift(relay);
    relayed[name] = relay.url;
    await session.close();
  }
});
after(async () => {
  for (const one of running) await one.stop();
});

// One server does not wait for the other; what is asked of one server stays in order.
describe('the conformance suite', { concurrency: true }, () => {
  for (const name of Object.keys(SERVERS)) {
    describe(`against ${name}`, { concurrency: false }, () => {
      for (const [revision, count] of [['2025-11-25', 33], ['2026-07-28', 50]]) {
        test(`comes to the same in the ${count} scenarios of ${revision}, behind the gateway as directly`, () => compare(name, revision, count));
      }
    });
  }
});

async function compare(name, revision, count) {
  const gained = GAINED[name]?.[revision] ?? [];
  const expected = { gone: gained.map((check) => `${check}: FAILURE`), come: gained.map((check) => `${check}: SUCCESS`) };
  const [before, behind] = await bothWays(name, revision, (all) => isDeepStrictEqual(differences(...all), expected));
  assert.equal(Object.keys(before).length, count);
  assert.deepEqual(differences(before, behind), expected);
  // What stays the same would say little if all of it failed.
  if (name === 'conformant') assert.deepEqual(failed(behind), LACKS[revision]);
}

// Some scenarios listen for less than a second; what a busy machine spoils is tried again.
async function bothWays(name, revision, good) {
  let all;
  for (let tries = 0; tries < 3 && !(all && good(all)); tries += 1) {
    all = [await serverScenarios(direct[name], revision), await serverScenarios(relayed[name], revision)];
  }
  return all;
}

function differences(before, behind) {
  const lines = (scenarios) => Object.entries(scenarios).flatMap(([scenario, checks]) => checks.map((line) => `${scenario}/${line}`));
  const [had, has] = [lines(before), lines(behind)];
  return { gone: had.filter((line) => !has.includes(line)), come: has.filter((line) => !had.includes(line)) };
}

const failed = (scenarios) => Object.keys(scenarios).filter((scenario) => scenarios[scenario].some((line) => line.endsWith(': FAILURE')));

// What a server fails that the gateway does in its place.
const GAINED = {
  everything: {
    '2025-11-25': ['dns-rebinding-protection/localhost-host-rebinding-rejected'],
    '2026-07-28': ['server-stateless/sep-2575-http-server-method-not-found-404', 'tasks-request-headers/tasks-headers-reject-mismatched-method'],
  },
};

// The tasks extension, which that server does not have.
const LACKS = {
  '2025-11-25': [],
  '2026-07-28': ['capability-negotiation', 'dispatch-and-envelope', 'lifecycle', 'mrtr-composition', 'mrtr-input', 'request-headers', 'request-state-removal', 'required-task-error', 'wire-fields'].map((part) => `tasks-${part}`),
};

async function startServer(name, run) {
  const port = String(await freePort());
  const child = run(port);
  running.push({ stop: () => stop(child) });
  direct[name] = `http://127.0.0.1:${port}/mcp`;
  await answers(child, direct[name]);
}

const serverFile = (name, upstream) => `
path = "/${name}"
name = "${name}"
upstream = "${upstream}"
identity = "none"
[[scope]]
name = "read"
says = "Read"
`;
