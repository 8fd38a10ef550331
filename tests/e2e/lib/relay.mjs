// A relay that adds an access token to whatever passes: for clients that know nothing of tokens.

import { createServer, request as ask } from 'node:http';

import { listening } from './listening.mjs';

/**
 * Relays to `target` what is asked of its own URL, as streams in both directions. What names the relay itself
 * in `Host` and `Origin` names the target there; what names anybody else is passed on as it is.
 */
export async function startRelay(target, token) {
  const to = new URL(target);
  const server = createServer((request, response) => relay(to, token, request, response));
  const { url, stop } = await listening(server);
  return { url: `${url}/mcp`, stop };
}

function relay(to, token, request, response) {
  const headers = { ...request.headers, host: inPlace(request.headers.host, to), authorization: `Bearer ${token}` };
  if (request.headers.origin) headers.origin = originInPlace(request.headers.origin, to);
  const onward = ask({ host: to.hostname, port: to.port, path: to.pathname, method: request.method, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}

const inPlace = (host, to) => (LOOPBACK.test(host) ? to.host : host);

const originInPlace = (origin, to) => (LOOPBACK.test(origin.replace(/^http:\/\//, '')) ? to.origin : origin);

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
