// The official everything-server behind the gateway, over Streamable HTTP.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { EVERYTHING, RULES, usesEverything } from './lib/everything.mjs';
import { answers } from './lib/greeters.mjs';
import { Session } from './lib/mcp-session.mjs';
import { freePort } from './lib/ports.mjs';
import { start, stop } from './lib/process.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { startService } from './lib/service.mjs';

let everything;
let recorder;
let service;
before(async () => {
  const port = await freePort();
  everything = start(process.execPath, [EVERYTHING, 'streamableHttp'], { env: { PORT: String(port) } });
  recorder = await startRecorder(`http://127.0.0.1:${port}/mcp`);
  await answers(everything, recorder.url);
  const file = `path = "/everything"\nname = "Everything"\nupstream = "${recorder.url}"\nidentity = "none"\n${RULES}`;
  service = await startService({ env: { COUNTERSIGN_SERVERS: 'everything' }, files: { 'servers/everything.toml': file } });
});
after(async () => {
  await service?.stop();
  await recorder?.stop();
  if (everything) await stop(everything);
});

const mcp = () => `${service.issuer}/everything`;

usesEverything({ mcp, heard: () => recorder.seen.filter(({ body }) => body).map(({ body }) => JSON.parse(body)) });

test('the access token stays with the gateway', async () => {
  const session = await Session.open(mcp());
  await session.client.callTool({ name: 'echo', arguments: { message: 'passed on' } });
  const passed = JSON.stringify(recorder.seen);
  assert.ok(passed.includes('passed on'));
  assert.ok(!/authorization/i.test(passed));
  assert.ok(!passed.includes(session.accessToken));
  await session.close();
});
