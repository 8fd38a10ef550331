// A FastMCP server behind the gateway, which says who calls: once in headers, once in a JWT that FastMCP's own
// verifier checks with our keys. The client is the official TypeScript one.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { answers } from './lib/greeters.mjs';
import { Session } from './lib/mcp-session.mjs';
import { freePort } from './lib/ports.mjs';
import { start, stop } from './lib/process.mjs';
import { python } from './lib/python.mjs';
import { startRecorder, until } from './lib/recorder.mjs';
import { repository, startService } from './lib/service.mjs';
import { facts, text } from './lib/tools.mjs';

const servers = [];
const recorders = {};
let service;

before(async () => {
  const [headers, assertion, issuer] = await Promise.all([freePort(), freePort(), freePort()]);
  const audience = await record('assertion', assertion);
  await Promise.all([record('headers', headers), startTools(headers), startTools(assertion, `http://localhost:${issuer}`, audience)]);
  const files = { 'servers/headers.toml': serverFile('headers'), 'servers/assertion.toml': serverFile('assertion') };
  service = await startService({ port: issuer, env: { COUNTERSIGN_SERVERS: 'headers,assertion' }, files });
});
after(async () => {
  await service?.stop();
  await Promise.all([...Object.values(recorders), ...servers].map((one) => one.stop()));
});

for (const identity of ['headers', 'assertion']) {
  describe(`FastMCP behind the gateway, told by ${identity}`, () => {
    const open = (options) => Session.open(`${service.issuer}/${identity}`, options);

    for (const mode of ['auto', 'legacy']) {
      test(`streams progress before the answer (${mode})`, async () => {
        const session = await open({ mode });
        const progress = [];
        const result = await session.client.callTool({ name: 'count', arguments: { to: 5 } }, { onprogress: (told) => progress.push(told.progress) });
        assert.equal(text(result), 'counted to 5');
        assert.deepEqual(progress, [1, 2, 3, 4, 5]);
        await session.close();
      });

      test(`hears of a cancelled call (${mode})`, async () => {
        const session = await open({ mode });
        const name = `${identity}-${mode}`;
        const abort = new AbortController();
        const call = session.client.callTool({ name: 'wait', arguments: { name } }, { signal: abort.signal, onprogress: () => abort.abort('enough') });
        await assert.rejects(call);
        const cancelled = async () => text(await session.client.callTool({ name: 'cancellations' })).includes(name);
        await until(cancelled, 'the server heard of it');
        await session.close();
      });
    }

    test('lists what the caller may use, and a call that needs more steps up', async () => {
      const session = await open({ scope: 'read' });
      const listed = async () => (await session.client.listTools()).tools.map(({ name }) => name).sort();
      assert.deepEqual(await listed(), ['cancellations', 'count', 'wait', 'whoami']);
      assert.equal(text(await session.callSteppingUp({ name: 'write_note', arguments: { text: 'a note' } })), 'wrote a note');
      const asked = session.provider.authorizeUrl.searchParams.get('scope').split(' ');
      assert.ok(asked.includes('read') && asked.includes('write'), 'what it had and what it lacked');
      assert.deepEqual(await listed(), ['cancellations', 'count', 'wait', 'whoami', 'write_note']);
      await session.close();
    });

    test('never sees what only the client has: its token', async () => {
      const session = await open();
      await session.client.callTool({ name: 'whoami' });
      const passed = JSON.stringify(recorders[identity].seen);
      assert.ok(passed.includes('whoami'));
      for (const part of session.accessToken.split('.').slice(1)) assert.ok(!passed.includes(part));
      await session.close();
    });
  });
}

test('FastMCP finds the caller in headers, and none that the client made up', async () => {
  const made = { 'X-Countersign-User': 'usr_mallory', X_COUNTERSIGN_NAME: 'Mallory', 'x-countersign-role': 'king' };
  const session = await Session.open(`${service.issuer}/headers`, { headers: made, scope: 'read' });
  const { headers } = facts(await session.client.callTool({ name: 'whoami' }));
  const told = Object.entries(headers).filter(([name]) => /countersign/i.test(name));
  const { 'x-countersign-user': user, 'x-countersign-client': client, ...rest } = Object.fromEntries(told);
  assert.match(user, /^usr_[\w-]{22}$/);
  assert.match(client, /^dyn_/);
  assert.deepEqual(rest, { 'x-countersign-name': 'Alice Admin', 'x-countersign-email': 'alice@example.com', 'x-countersign-scopes': 'read' });
  assert.equal(headers.authorization, undefined);
  await session.close();
});

test('FastMCP verifies the JWT with our keys, and it is made for this server alone', async () => {
  const session = await Session.open(`${service.issuer}/assertion`, { scope: 'read' });
  const { headers, claims } = facts(await session.client.callTool({ name: 'whoami' }));
  const { iss, aud, sub, scope, name, iat, exp } = claims;
  assert.deepEqual({ iss, aud, scope, name }, { iss: service.issuer, aud: recorders.assertion.url, scope: 'read', name: 'Alice Admin' });
  assert.match(sub, /^usr_[\w-]{22}$/);
  assert.ok(exp - iat <= 120);
  assert.ok(!headers.authorization.includes(session.accessToken));
  assert.deepEqual(Object.keys(headers).filter((header) => /countersign/i.test(header)), []);
  await session.close();
});

async function record(identity, port) {
  recorders[identity] = await startRecorder(`http://127.0.0.1:${port}/mcp`);
  return recorders[identity].url;
}

async function startTools(port, ...trust) {
  const child = start(python(), [`${repository}/tests/e2e/servers/tools.py`, String(port), ...trust]);
  servers.push({ stop: () => stop(child) });
  await answers(child, `http://127.0.0.1:${port}/mcp`);
}

const serverFile = (identity) => `
path = "/${identity}"
name = "FastMCP"
upstream = "${recorders[identity].url}"
identity = "${identity}"
unlisted = "deny"
[[scope]]
name = "read"
says = "Read"
[[scope]]
name = "write"
says = "Write"
${['whoami', 'count', 'wait', 'cancellations'].map((name) => `[[tool]]\nname = "${name}"\nneeds = ["read"]`).join('\n')}
[[tool]]
name = "write_note"
needs = ["write"]
`;
