// The MCP Inspector's command line, unmodified, with its own OAuth: it waits at a loopback address for the person.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { packageBin, recentNode } from './lib/node.mjs';
import { freePort } from './lib/ports.mjs';
import { exitCode, printed, start } from './lib/process.mjs';
import { startService } from './lib/service.mjs';
import { signIn } from './lib/sign-in.mjs';
import { text } from './lib/tools.mjs';

let service;
let home;
before(async () => {
  service = await startService();
  home = await mkdtemp(join(tmpdir(), 'countersign-inspector-'));
});
after(async () => {
  await service?.stop();
  await rm(home, { recursive: true, force: true });
});

test('Inspector CLI signs alice in by its own OAuth flow and calls a tool, then again without her in both protocol eras', async () => {
  const callback = `http://127.0.0.1:${await freePort()}/oauth/callback`;
  const first = inspector('whoami', '--callback-url', callback);
  const [url] = await printed(first, /http:\/\/localhost:\d+\/authorize\?\S+/);
  const back = await signIn(url, { user: 'alice' });
  assert.equal((await fetch(back)).status, 200, 'the Inspector received the answer');
  assert.match(text(await result(first)), /alice/i);

  for (const era of ['legacy', 'modern']) {
    const again = inspector('read_data', '--stored-auth-only', '--protocol-era', era);
    assert.notEqual((await result(again)).isError, true, era);
  }
});

function inspector(tool, ...more) {
  const options = ['--cli', '--server-url', service.mcp, '--transport', 'http', '--method', 'tools/call', '--tool-name', tool, '--format', 'json', ...more];
  // It asks for a terminal unless told to open the browser itself; `true` is a browser that does nothing.
  const env = { HOME: home, MCP_AUTO_OPEN_ENABLED: 'true', BROWSER: 'true', MCP_INSPECTOR_SECRET_STORE: 'file' };
  return start(recentNode(), [packageBin('@modelcontextprotocol/inspector', 'mcp-inspector'), ...options], { env, cwd: home });
}

async function result(child) {
  const code = await exitCode(child);
  assert.equal(code, 0, child.output.stderr + child.output.stdout);
  const printedResult = JSON.parse(child.output.stdout);
  return printedResult.result ?? printedResult;
}
