// Stands between the gateway and a server, and keeps what passes on its way there.

import { createServer, request as ask } from 'node:http';

import { listening } from './listening.mjs';

/** Passes everything on to `target`; `seen` has the method, the headers and the body of each request, `closed` counts answers that nobody waited for. */
export async function startRecorder(target) {
  const to = new URL(target);
  const recorder = { seen: [], closed: 0 };
  const server = createServer((request, response) => pass(recorder, to, request, response));
  const { url, stop } = await listening(server);
  return Object.assign(recorder, { url: `${url}${to.pathname}`, stop });
}

function pass(recorder, to, request, response) {
  const chunks = [];
  const entry = { method: request.method, headers: request.rawHeaders, body: '' };
  recorder.seen.push(entry);
  const onward = ask({ host: to.hostname, port: to.port, path: to.pathname, method: request.method, headers: { ...request.headers, host: to.host }, agent: false }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers).flushHeaders();
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => {
    if (!response.writableFinished) recorder.closed += 1;
    onward.destroy();
  });
  request.on('data', (chunk) => chunks.push(chunk) && onward.write(chunk));
  request.on('end', () => {
    entry.body = Buffer.concat(chunks).toString();
    onward.end();
  });
}

/** Waits until `found` says something of what there is to see, or fails after `seconds`. */
export async function until(found, what, seconds = 10) {
  for (let tries = 0; tries < seconds * 50; tries += 1) {
    const result = await found();
    if (result) return result;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what} within ${seconds} s`);
}
