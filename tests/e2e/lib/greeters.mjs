// The example servers of docs/protect: the same two tools in three languages. `greet` needs `read`,
// `set_greeting` needs `write`.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { recentNode } from './node.mjs';
import { freePort } from './ports.mjs';
import { pause, start, stop } from './process.mjs';
import { python } from './python.mjs';
import { program, repository } from './service.mjs';

const examples = join(repository, 'examples/servers');

/** By language, the program that checks the tokens itself. */
const DIRECT = {
  Python: ({ issuer, resource, port }) => start(python(), ['direct.py'], { cwd: join(examples, 'python'), env: { ISSUER: issuer, RESOURCE: resource, PORT: port } }),
  TypeScript: ({ issuer, resource, port }) => start(recentNode(), ['direct.ts'], { cwd: join(examples, 'typescript'), env: { ISSUER: issuer, RESOURCE: resource, PORT: port } }),
  Rust: ({ issuer, resource, port }) => start(rust('guarded_server'), [issuer, resource, `127.0.0.1:${port}`]),
};

/** The languages. */
export const LANGUAGES = Object.keys(DIRECT);

/** Ports for one direct server of each language, and the files in `servers/` by which a service knows them. */
export async function places() {
  const placed = await Promise.all(LANGUAGES.map(async (language) => [language, await place(language)]));
  return Object.fromEntries(placed);
}

async function place(language) {
  const port = String(await freePort());
  return { id: language.toLowerCase(), port, resource: `http://127.0.0.1:${port}/mcp` };
}

/** Starts the direct server of a language and waits until it answers. */
export async function startDirect(language, issuer, { resource, port }) {
  const child = DIRECT[language]({ issuer, resource, port });
  await answers(child, resource);
  return { resource, stop: () => stop(child) };
}

/** Waits until something answers at `url`. */
export async function answers(child, url, seconds = 30) {
  for (let tries = 0; tries < seconds * 20; tries += 1) {
    if (child.exitCode !== null) break;
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer) return;
    await pause(50);
  }
  await stop(child);
  throw new Error(`nothing answers at ${url}\n${child.output.stdout}${child.output.stderr}`);
}

function rust(example) {
  const path = join(dirname(program()), 'examples', example);
  if (!existsSync(path)) throw new Error(`${path} is missing: \`cargo build --examples\` makes it`);
  return path;
}
