// The official conformance suite's server scenarios, run against one URL.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { packageBin, recentNode } from './node.mjs';
import { exitCode, start } from './process.mjs';

/** What every check of every scenario of a revision came to: by scenario, lines of id and status. */
export async function serverScenarios(url, revision) {
  const results = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const suite = start(recentNode(), [packageBin('@modelcontextprotocol/conformance', 'conformance'), 'server', '--url', url, '--requirements', revision, '--output-dir', results]);
    await exitCode(suite, 90);
    const saved = await readdir(results);
    assert.ok(saved.length > 0, suite.output.stdout + suite.output.stderr);
    return Object.fromEntries(await Promise.all(saved.sort().map((folder) => scenario(join(results, folder), folder))));
  } finally {
    await rm(results, { recursive: true });
  }
}

async function scenario(path, folder) {
  // Where the suite itself stumbles over the server, it leaves an empty folder.
  const text = await readFile(join(path, 'checks.json'), 'utf8').catch(() => '[{ "id": "scenario", "status": "BROKEN" }]');
  const checks = JSON.parse(text).map(({ id, status }) => `${id}: ${status}`);
  return [folder.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT.*$/, ''), checks.sort()];
}
