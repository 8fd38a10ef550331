// One running Countersign on free ports, in a folder of its own that goes away with it.
// `SHOW_LOG=1` prints what each service logged.

import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort } from './ports.mjs';
import { everything, pause, start, stop } from './process.mjs';

/**
 * Starts the service and waits until it is ready.
 *
 * `env` adds variables, `port` fixes where it listens; `files` maps a path in its folder to text
 * that replaces the shipped file; `under` is a command that becomes the program it is given.
 */
export async function startService({ env = {}, files = {}, port, under = [] } = {}) {
  const folder = await workFolder(files);
  port ??= await freePort();
  const devPort = await freePort();
  const issuer = `http://localhost:${port}`;
  const [first, ...others] = [...under, program(), 'serve'];
  const child = start(first, others, {
    cwd: folder,
    env: {
      COUNTERSIGN_PUBLIC_URL: issuer,
      COUNTERSIGN_LISTEN: `localhost:${port}`,
      COUNTERSIGN_DEV_IDP_LISTEN: `localhost:${devPort}`,
      COUNTERSIGN_DATABASE_URL: 'sqlite:data/countersign.db',
      ...env,
    },
  });
  const service = new Service({ issuer, child, folder });
  try {
    service.readyAfter = await ready(issuer, child);
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service;
}

class Service {
  constructor({ issuer, child, folder }) {
    Object.assign(this, { issuer, child, folder, mcp: `${issuer}/mcp` });
  }

  /** Everything it has printed. */
  get log() {
    return everything(this.child);
  }

  async stop() {
    await stop(this.child);
    if (process.env.SHOW_LOG) console.log(this.log);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The program under test: what `cargo test` or `cargo build` left in the target folder. */
export function program() {
  const path = resolve(process.env.COUNTERSIGN_BIN ?? join(repository, 'target/debug/countersign'));
  if (!existsSync(path)) throw new Error(`${path} is missing: run \`cargo build\` first, or name it in COUNTERSIGN_BIN`);
  return path;
}

async function workFolder(files) {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-e2e-'));
  for (const shipped of ['providers', 'servers']) {
    if (existsSync(join(repository, shipped))) await cp(join(repository, shipped), join(folder, shipped), { recursive: true });
  }
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text);
  return folder;
}

/** Milliseconds until `/readyz` said 200; a service that ends or stays silent is an error with its log. */
async function ready(issuer, child) {
  const began = Date.now();
  while (Date.now() - began < 15_000) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}\n${everything(child)}`);
    const answer = await fetch(`${issuer}/readyz`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.status === 200) return Date.now() - began;
    await pause(25);
  }
  throw new Error(`not ready within 15 s\n${everything(child)}`);
}

/** The root of the repository. */
export const repository = join(dirname(fileURLToPath(import.meta.url)), '../../..');
