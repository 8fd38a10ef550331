// The official everything-server behind the gateway, over Streamable HTTP, and the official TypeScript clients.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { packageBin } from './lib/node.mjs';
import { answers } from './lib/greeters.mjs';
import { openV1 } from './lib/mcp-session-v1.mjs';
import { Session } from './lib/mcp-session.mjs';
import { freePort } from './lib/ports.mjs';
import { start, stop } from './lib/process.mjs';
import { startRecorder, until } from './lib/recorder.mjs';
import { startService } from './lib/service.mjs';
import { text } from './lib/tools.mjs';

let everything;
let recorder;
let service;
before(async () => {
  const port = await freePort();
  everything = start(process.execPath, [packageBin('@modelcontextprotocol/server-everything', 'mcp-server-everything'), 'streamableHttp'], { env: { PORT: String(port) } });
  recorder = await startRecorder(`http://127.0.0.1:${port}/mcp`);
  await answers(everything, recorder.url);
  service = await startService({ env: { COUNTERSIGN_SERVERS: 'everything' }, files: { 'servers/everything.toml': serverFile(recorder.url) } });
});
after(async () => {
  await service?.stop();
  await recorder?.stop();
  if (everything) await stop(everything);
});

const open = (options) => Session.open(`${service.issuer}/everything`, options);

test('alice signs in by discovery and calls tools', async () => {
  const session = await open();
  assert.match(text(await session.client.callTool({ name: 'echo', arguments: { message: 'hello' } })), /hello/);
  assert.match(text(await session.client.callTool({ name: 'get-sum', arguments: { a: 2, b: 3 } })), /5/);
  assert.ok((await session.client.listResources()).resources.length > 0);
  assert.ok((await session.client.listPrompts()).prompts.length > 0);
  await session.close();
});

test('progress arrives while the tool works', async () => {
  const session = await open();
  const progress = [];
  const call = { name: 'trigger-long-running-operation', arguments: { duration: 0.5, steps: 5 } };
  const result = await session.client.callTool(call, { onprogress: (told) => progress.push(told.progress) });
  assert.match(text(result), /completed/);
  assert.deepEqual(progress, [1, 2, 3, 4, 5]);
  await session.close();
});

test('SDK 1.x signs in, hears of progress, and is refused a tool that needs more than it was given', async () => {
  const client = await openV1(`${service.issuer}/everything`, { user: 'bob' });
  const progress = [];
  const call = { name: 'trigger-long-running-operation', arguments: { duration: 0.5, steps: 5 } };
  assert.match(text(await client.callTool(call, undefined, { onprogress: (told) => progress.push(told.progress) })), /completed/);
  assert.deepEqual(progress, [1, 2, 3, 4, 5]);
  await assert.rejects(client.callTool({ name: 'get-env' }), { code: 403 });
  await client.close();
});

test('the server asks the client for a sample, and gets it', async () => {
  const prepare = (client) => client.setRequestHandler('sampling/createMessage', () => ({ model: 'test', role: 'assistant', content: { type: 'text', text: 'a sample of ours' } }));
  const session = await open({ capabilities: { sampling: {} }, prepare });
  const result = await session.client.callTool({ name: 'trigger-sampling-request', arguments: { prompt: 'say something', maxTokens: 10 } });
  assert.match(text(result), /a sample of ours/);
  await session.close();
});

test('what the server says of its own accord arrives', async () => {
  const logged = [];
  const prepare = (client) => client.setNotificationHandler('notifications/message', ({ params }) => logged.push(params));
  const session = await open({ prepare });
  await session.client.callTool({ name: 'toggle-simulated-logging' });
  await until(() => logged.length > 0, 'a log message');
  await session.close();
});

test('the server hears of a cancelled call', async () => {
  const session = await open();
  const abort = new AbortController();
  const call = { name: 'trigger-long-running-operation', arguments: { duration: 2, steps: 20 } };
  await assert.rejects(session.client.callTool(call, { signal: abort.signal, onprogress: () => abort.abort('enough') }));
  const called = recorder.seen.findLast(({ body }) => body.includes('"duration":2,'));
  const { id } = JSON.parse(called.body);
  await until(() => recorder.seen.some(({ body }) => body.includes('notifications/cancelled') && JSON.parse(body).params.requestId === id), 'the cancellation arrived');
  await session.close();
});

test('a tool that needs more is not listed, and a call of it steps up', async () => {
  const session = await open({ scope: 'read' });
  const listed = async () => (await session.client.listTools()).tools.map(({ name }) => name);
  assert.ok((await listed()).includes('echo'));
  assert.ok(!(await listed()).includes('get-env'));
  assert.match(text(await session.callSteppingUp({ name: 'get-env' })), /PATH/);
  assert.equal(session.provider.visits.length, 2);
  assert.ok((await listed()).includes('get-env'));
  await session.close();
});

test('the access token stays with the gateway', async () => {
  const session = await open();
  await session.client.callTool({ name: 'echo', arguments: { message: 'passed on' } });
  const passed = JSON.stringify(recorder.seen);
  assert.ok(passed.includes('passed on'));
  assert.ok(!/authorization/i.test(passed));
  assert.ok(!passed.includes(session.accessToken));
  await session.close();
});

const serverFile = (upstream) => `
path = "/everything"
name = "Everything"
upstream = "${upstream}"
identity = "none"
[[scope]]
name = "read"
says = "Read"
[[scope]]
name = "admin"
says = "Administer"
[[tool]]
name = "get-env"
needs = ["admin"]
`;
