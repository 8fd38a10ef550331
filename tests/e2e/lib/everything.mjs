// What the official clients do with the official everything-server behind the gateway, whichever way the gateway
// speaks to it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openV1 } from './mcp-session-v1.mjs';
import { Session } from './mcp-session.mjs';
import { packageBin } from './node.mjs';
import { until } from './recorder.mjs';
import { text } from './tools.mjs';

/** Its program. */
export const EVERYTHING = packageBin('@modelcontextprotocol/server-everything', 'mcp-server-everything');

/** The rules of its file in `servers/`. */
export const RULES = `
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

/** Registers the tests. `mcp()` is the URL at the gateway, `heard()` the messages that reached the server. */
export function usesEverything({ mcp, heard }) {
  const open = (options) => Session.open(mcp(), options);

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
    const result = await session.client.callTool(working(0.5, 5), { onprogress: (told) => progress.push(told.progress) });
    assert.match(text(result), /completed/);
    assert.deepEqual(progress, [1, 2, 3, 4, 5]);
    await session.close();
  });

  test('SDK 1.x signs in, hears of progress, and is refused a tool that needs more than it was given', async () => {
    const client = await openV1(mcp(), { user: 'bob' });
    const progress = [];
    assert.match(text(await client.callTool(working(0.5, 5), undefined, { onprogress: (told) => progress.push(told.progress) })), /completed/);
    assert.deepEqual(progress, [1, 2, 3, 4, 5]);
    await assert.rejects(client.callTool({ name: 'get-env' }), { code: 403 });
    await client.close();
  });

  test('the server asks the client for a sample, and gets it', async () => {
    const sample = { model: 'test', role: 'assistant', content: { type: 'text', text: 'a sample of ours' } };
    const session = await open({ capabilities: { sampling: {} }, prepare: (client) => client.setRequestHandler('sampling/createMessage', () => sample) });
    const result = await session.client.callTool({ name: 'trigger-sampling-request', arguments: { prompt: 'say something', maxTokens: 10 } });
    assert.match(text(result), /a sample of ours/);
    await session.close();
  });

  test('what the server says of its own accord arrives', async () => {
    const logged = [];
    const session = await open({ prepare: (client) => client.setNotificationHandler('notifications/message', ({ params }) => logged.push(params)) });
    await session.client.callTool({ name: 'toggle-simulated-logging' });
    await until(() => logged.length > 0, 'no log message');
    await session.close();
  });

  test('the server hears of a cancelled call', async () => {
    const session = await open();
    const abort = new AbortController();
    await assert.rejects(session.client.callTool(working(2, 20), { signal: abort.signal, onprogress: () => abort.abort('enough') }));
    const { id } = (await heard()).findLast(({ params }) => params?.arguments?.duration === 2);
    const cancelled = ({ method, params }) => method === 'notifications/cancelled' && params.requestId === id;
    await until(async () => (await heard()).some(cancelled), 'no cancellation arrived');
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
}

const working = (duration, steps) => ({ name: 'trigger-long-running-operation', arguments: { duration, steps } });
