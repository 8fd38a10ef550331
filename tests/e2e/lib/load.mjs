// Many streams and a large answer, through a gateway, against a server of our own that does nothing else.

import { readFileSync } from 'node:fs';
import { Agent, createServer, request as ask } from 'node:http';

import { authorizeUrl, redeem } from './authorize.mjs';
import { listening } from './listening.mjs';
import { startService } from './service.mjs';
import { answer, signIn } from './sign-in.mjs';

/** The service in front of that server, and a token for it. */
export async function startLoaded() {
  const upstream = await listening(createServer(serve));
  const service = await startService({ env: { COUNTERSIGN_SERVERS: 'load' }, files: { 'servers/load.toml': serverFile(upstream.url) } });
  const mcp = `${service.issuer}/load`;
  const url = await authorizeUrl({ ...service, mcp });
  const { code } = answer(await signIn(url));
  const { access_token: token } = await redeem({ ...service, mcp }, new URL(url).searchParams.get('client_id'), code);
  const stop = () => service.stop().then(upstream.stop);
  return { service, mcp, token, stop };
}

/** Opens `count` event streams and returns when each has brought its first event. `events()` says how many came since. */
export async function openStreams({ mcp, token }, count) {
  let events = 0;
  const agent = new Agent({ maxSockets: Infinity });
  const open = () =>
    new Promise((resolve, reject) => {
      const request = ask(mcp, { agent, headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' } }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`GET answered ${response.statusCode}`));
        response.on('data', (chunk) => {
          events += String(chunk).split('\n\n').length - 1;
          resolve(request);
        });
        response.on('error', () => {});
      });
      request.on('error', reject).end();
    });
  const requests = [];
  // In small groups: what is measured is many streams, not many connections at the same instant.
  while (requests.length < count) requests.push(...(await Promise.all(Array.from({ length: Math.min(50, count - requests.length) }, open))));
  return { events: () => events, close: () => requests.forEach((request) => request.destroy()) };
}

/** Has a tool answer with `bytes` bytes, `type` being how, and returns how many arrived. `meanwhile` is called again and again. */
export async function download({ mcp, token }, bytes, type, meanwhile) {
  const response = await fetch(mcp, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'much', arguments: { bytes, type } } }),
  });
  if (response.status !== 200) throw new Error(`tools/call answered ${response.status}: ${await response.text()}`);
  let arrived = 0;
  for await (const chunk of response.body) {
    arrived += chunk.length;
    meanwhile();
  }
  return arrived;
}

/** The resident memory of a process, in bytes. */
export const resident = ({ pid }) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB$/m)[1]) * 1024;

// --- the server behind -------------------------------------------------------------------------

async function serve(request, response) {
  if (request.method === 'GET') return stream(response);
  const { id, method, params } = JSON.parse(Buffer.concat(await request.toArray()));
  if (method === 'tools/call') return much(response, id, params.arguments);
  return response.writeHead(202).end();
}

function stream(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const say = () => response.write('data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"here"}}\n\n');
  const timer = setInterval(say, EVERY);
  response.on('close', () => clearInterval(timer));
  say();
}

// One answer of exactly that many bytes of text, as one JSON document or as one event.
async function much(response, id, { bytes, type }) {
  const [head, tail] = ['{"jsonrpc":"2.0","id":' + id + ',"result":{"content":[{"type":"text","text":"', '"}]}}'];
  const [before, after] = type === 'text/event-stream' ? ['data: ', '\n\n'] : ['', ''];
  response.writeHead(200, { 'content-type': type });
  response.write(before + head);
  for (let left = bytes; left > 0; left -= CHUNK.length) {
    if (!response.write(CHUNK.subarray(0, left))) await new Promise((resolve) => response.once('drain', resolve));
  }
  response.end(tail + after);
}

const CHUNK = Buffer.alloc(64 * 1024, 'x');

/** Milliseconds between the events of a stream. */
export const EVERY = 5000;

const serverFile = (upstream) => `
path = "/load"
name = "Load"
upstream = "${upstream}/mcp"
identity = "none"
[[scope]]
name = "read"
says = "Read"
[[tool]]
name = "hidden"
deny = true
`;
