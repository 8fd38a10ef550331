// The official conformance suite's authorization-server scenarios, unmodified.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { packageBin, recentNode } from './lib/node.mjs';
import { freePort } from './lib/ports.mjs';
import { exitCode, printed, start } from './lib/process.mjs';
import { startService } from './lib/service.mjs';
import { signIn } from './lib/sign-in.mjs';

let service;
before(async () => (service = await startService()));
after(() => service?.stop());

test('the conformance suite passes our metadata and our authorization code grant, without a warning', async (t) => {
  const port = await freePort();
  const client = await register(`http://127.0.0.1:${port}/callback`);
  const results = await mkdtemp(join(tmpdir(), 'conformance-'));
  t.after(() => rm(results, { recursive: true }));
  const suite = start(recentNode(), [
    packageBin('@modelcontextprotocol/conformance', 'conformance'),
    ...['authorization', '--url', service.issuer, '--client-id', client, '--resource', service.mcp, '--port', String(port), '--output-dir', results],
  ]);
  const [url] = await printed(suite, /http:\/\/localhost:\d+\/authorize\?\S+/);
  assert.equal((await fetch(await signIn(url))).status, 200, 'the suite received the answer');
  assert.equal(await exitCode(suite), 0, suite.output.stdout);
  const said = suite.output.stdout;
  assert.match(said, /^✓ authorization-server-metadata-endpoint: 2 passed, 0 failed$/m);
  assert.match(said, /^✓ authorization-code-grant: 1 passed, 0 failed$/m);
  // The summary leaves warnings out; the checks themselves do not.
  const checks = await saved(results);
  assert.equal(checks.filter(({ status }) => status === 'SUCCESS').length, 3);
  assert.deepEqual(checks.filter(({ status }) => ['WARNING', 'FAILURE'].includes(status)), []);
});

/** Every check of every scenario, as the suite saved them. */
async function saved(folder) {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('checks.json'));
  const read = files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')));
  return (await Promise.all(read)).flat();
}

async function register(redirectUri) {
  const response = await fetch(`${service.issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'Conformance suite', redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' }),
  });
  assert.equal(response.status, 201);
  return (await response.json()).client_id;
}
