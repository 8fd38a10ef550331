// The official everything-server behind the gateway, as a program that the gateway starts.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { EVERYTHING, RULES, usesEverything } from './lib/everything.mjs';
import { Session } from './lib/mcp-session.mjs';
import { repository, startService } from './lib/service.mjs';
import { text } from './lib/tools.mjs';

let folder;
let service;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-stdio-'));
  const command = [process.execPath, join(repository, 'tests/e2e/servers/tee.mjs'), join(folder, 'told'), process.execPath, EVERYTHING, 'stdio'];
  const file = `path = "/everything"\nname = "Everything"\ncommand = ${JSON.stringify(command)}\nprocesses = { per_person = 20 }\n${RULES}`;
  service = await startService({ env: { COUNTERSIGN_SERVERS: 'everything' }, files: { 'servers/everything.toml': file } });
});
after(async () => {
  await service?.stop();
  if (folder) await rm(folder, { recursive: true });
});

const mcp = () => `${service.issuer}/everything`;
const told = () => readFile(join(folder, 'told'), 'utf8');

usesEverything({ mcp, heard: async () => (await told()).split('\n').filter(Boolean).map((line) => JSON.parse(line)) });

test('the program is told no token, and has none of our environment', async () => {
  const session = await Session.open(mcp());
  const environment = JSON.parse(text(await session.client.callTool({ name: 'get-env' })));
  assert.deepEqual(Object.keys(environment).filter((name) => !['PATH', 'HOME', 'LANG', 'TMPDIR'].includes(name)), []);
  assert.ok(!(await told()).includes(session.accessToken));
  await session.close();
});
