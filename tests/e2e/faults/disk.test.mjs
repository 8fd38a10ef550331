// A disk that is full, a database that cannot be written, a file that is gone: writes are refused, reads go on,
// and nothing that was answered is lost.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { authorizeUrl } from '../lib/authorize.mjs';
import { ask, FORM, Others } from '../lib/others.mjs';
import { start } from '../lib/process.mjs';
import { startService } from '../lib/service.mjs';

const DATABASE = 'data/countersign.db';
const FILES = ['', '-wal'].map((end) => DATABASE + end);
const root = process.getuid() === 0;

describe('a disk', { concurrency: true }, () => {
  test('a full disk refuses writes, and takes them again when there is room', (t) =>
    lasting(t, { under: ['unshare', root ? '-m' : '-rm', 'sh', '-c', 'mkdir data && mount -t tmpfs -o size=3m tmpfs data && exec "$@"', 'sh'] }, async ({ child, folder }) => {
      // The disk is to be seen in the program's own mounts alone, and goes away with it.
      const filler = join(`/proc/${child.pid}/root`, folder, 'data/filler');
      await assert.rejects(writeFile(filler, Buffer.alloc(4 * 1024 ** 2)), { code: 'ENOSPC' });
      await truncate(filler, (await stat(filler)).size - 256 * 1024);
      return () => rm(filler);
    }));

  test('a database that becomes read-only refuses writes, and takes them again', { skip: noImmutableFiles() }, (t) =>
    lasting(t, {}, async ({ folder }) => {
      const paths = FILES.map((file) => join(folder, file));
      const become = (flag) => assert.equal(spawnSync('chattr', [flag, ...paths]).status, 0);
      become('+i');
      return () => become('-i');
    }));

  test('a database that is moved away refuses writes, and takes them again when it is back', (t) =>
    lasting(t, {}, async ({ folder }) => {
      const [here, away] = [join(folder, DATABASE), join(folder, 'data/away')];
      await rename(here, away);
      return () => rename(away, here);
    }));

  test('a database that another program keeps locked refuses writes, and takes them again', (t) =>
    lasting(t, {}, async ({ folder }) => {
      const program = 'import sqlite3, sys, time; db = sqlite3.connect(sys.argv[1]); db.execute("BEGIN EXCLUSIVE"); print("held", flush=True); time.sleep(60)';
      const holder = start('python3', ['-c', program, join(folder, DATABASE)]);
      await once(holder.stdout, 'data');
      return async () => {
        holder.kill('SIGKILL');
        await holder.ended;
      };
    }));
});

/** `fault(service)` makes the fault and returns what ends it. */
async function lasting(t, options, fault) {
  const service = await startService({ ...options, env: { COUNTERSIGN_LOG: 'info,countersign=debug' } });
  let end;
  t.after(() => end?.());
  t.after(() => service.stop());
  const others = await Others.at(service);
  const kinds = ['metadata', 'call'];
  const before = await others.waits(12, kinds);
  const clients = [await authorizeUrl(service)];

  end = await fault(service);
  // What comes first may still find room.
  while (clients.length < 2000) {
    const made = await authorizeUrl(service).catch(() => {});
    if (!made) break;
    clients.push(made);
  }
  await areRefused(others);
  await others.compare(t, before, kinds);
  await others.becomes(503);
  await areRefused(others);

  await end();
  end = undefined;
  await others.becomes(200);
  t.diagnostic(`${clients.length} clients were told that they are registered`);
  for (const url of clients) assert.equal((await ask(url)).status, 200, 'a client that was registered is known');
  // The very token that was refused before: it was not half spent.
  assert.equal((await others.refresh()).status, 200);
  await others.recovers();
  others.logIsClean();
}

/** A request for each kind of write. */
const writesOf = (others) => ({
  '/register': [JSON.stringify({ redirect_uris: ['http://127.0.0.1/x'], token_endpoint_auth_method: 'none' }), 'application/json'],
  '/token': [others.refreshForm(), FORM],
  '/revoke': [String(new URLSearchParams({ client_id: others.client, token: others.tokens.refresh_token })), FORM],
});

async function areRefused(others) {
  const isRefused = async ([path, [body, type]]) => {
    const refused = await ask(new URL(path, others.service.issuer), { method: 'POST', headers: { 'content-type': type }, body });
    assert.equal(refused.status, 503, `${path}: ${refused.body}`);
    assert.ok(Number(refused.headers['retry-after']) > 0, path);
  };
  await Promise.all(Object.entries(writesOf(others)).map(isRefused));
}

/** Why no file can be made immutable here, if none can: it takes root, and ext4, XFS, Btrfs or the like. */
function noImmutableFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-e2e-'));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const { status, stderr } = spawnSync('chattr', ['+i', file]);
  spawnSync('chattr', ['-i', file]);
  rmSync(folder, { recursive: true });
  return status === 0 ? false : `no file can be made immutable here: ${stderr}`;
}
