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

/** By language and `identity`, the program behind the gateway. */
const BEHIND = {
  'Python, by headers': { identity: 'headers', run: ({ port }) => start(python(), ['behind_gateway.py'], { cwd: join(examples, 'python'), env: { PORT: port } }) },
  'Python, by assertion': { identity: 'assertion', run: ({ issuer, resource, port }) => start(python(), ['behind_gateway_signed.py'], { cwd: join(examples, 'python'), env: { ISSUER: issuer, UPSTREAM: resource, PORT: port } }) },
  'TypeScript, by headers': { identity: 'headers', run: ({ port }) => start(recentNode(), ['behind-gateway.ts'], { cwd: join(examples, 'typescript'), env: { PORT: port } }) },
  'TypeScript, by assertion': { identity: 'assertion', run: ({ issuer, resource, port }) => start(recentNode(), ['behind-gateway-signed.ts'], { cwd: join(examples, 'typescript'), env: { ISSUER: issuer, UPSTREAM: resource, PORT: port } }) },
  'Rust, by headers': { identity: 'headers', run: ({ port }) => start(rust('behind_gateway'), [`127.0.0.1:${port}`]) },
};

/** The languages. */
export const LANGUAGES = Object.keys(DIRECT);

/** The languages, and how the gateway says who calls. */
export const WAYS = Object.keys(BEHIND);

/** For each name an id and a free port, with the URL of an MCP server there. */
export async function places(names) {
  const placed = await Promise.all(names.map(async (name) => [name, await place(name)]));
  return Object.fromEntries(placed);
}

async function place(name) {
  const port = String(await freePort());
  return { id: name.toLowerCase().replaceAll(/[^a-z]+/g, '-'), port, resource: `http://127.0.0.1:${port}/mcp` };
}

/** Starts the direct server of a language and waits until it answers. */
export async function startDirect(language, issuer, { resource, port }) {
  const child = DIRECT[language]({ issuer, resource, port });
  await answers(child, resource);
  return { resource, stop: () => stop(child) };
}

/** Starts the server that stands behind the gateway that way. */
export async function startBehind(way, issuer, { resource, port }) {
  const child = BEHIND[way].run({ issuer, resource, port });
  await answers(child, resource);
  return { stop: () => stop(child) };
}

/** The `identity` of its server file. */
export const identityOf = (way) => BEHIND[way].identity;

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
  const folders = [dirname(program()), join(repository, 'target/debug')];
  const path = folders.map((folder) => join(folder, 'examples', example)).find(existsSync);
  if (!path) throw new Error(`the example ${example} is missing: \`cargo build --examples\` makes it`);
  return path;
}
