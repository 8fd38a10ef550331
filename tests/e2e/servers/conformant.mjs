// An MCP server with what the scenarios of the conformance suite ask for, of both protocol eras: built with
// the official SDK, so that the suite has something to pass. It knows nothing of tokens.
//
//   node conformant.mjs PORT

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import { localhostHostValidation, localhostOriginValidation, NodeStreamableHTTPServerTransport, toNodeHandler, toWebRequest } from '@modelcontextprotocol/node';
import { createMcpHandler, createRequestStateCodec, isLegacyRequest, McpServer } from '@modelcontextprotocol/server';

import { addContent } from './conformant-content.mjs';
import { addNewer } from './conformant-newer.mjs';
import { addQuestions } from './conformant-questions.mjs';

const states = createRequestStateCodec({ key: randomUUID() + randomUUID() });

function newServer() {
  const cacheHints = Object.fromEntries(['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'resources/read', 'server/discover'].map((method) => [method, { ttlMs: 1000, cacheScope: 'private' }]));
  const server = new McpServer(
    { name: 'conformant', version: '1.0.0' },
    { capabilities: { logging: {}, completions: {}, resources: { subscribe: true } }, requestState: { verify: states.verify }, cacheHints },
  );
  addContent(server);
  addQuestions(server, states);
  addNewer(server, () => handler.notify);
  return server;
}

// --- the eras with sessions --------------------------------------------------------------------

const sessions = new Map();

async function legacy(request, response, body) {
  const id = request.headers['mcp-session-id'];
  const transport = sessions.get(id) ?? (id === undefined ? await newSession() : undefined);
  if (transport) return transport.handleRequest(request, response, body);
  response.writeHead(404, { 'content-type': 'application/json' });
  return response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } }));
}

async function newSession() {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
    eventStore: new Events(),
    retryInterval: 200,
  });
  await newServer().connect(transport);
  return transport;
}

// What a client missed while its stream was closed.
class Events {
  #events = [];

  async storeEvent(streamId, message) {
    this.#events.push({ streamId, message });
    return `${streamId}/${this.#events.length}`;
  }

  async getStreamIdForEventId(id) {
    return id.slice(0, id.lastIndexOf('/'));
  }

  async replayEventsAfter(id, { send }) {
    const streamId = await this.getStreamIdForEventId(id);
    const seen = Number(id.slice(streamId.length + 1));
    for (const [index, event] of this.#events.entries()) {
      if (index >= seen && event.streamId === streamId) await send(`${streamId}/${index + 1}`, event.message);
    }
    return streamId;
  }
}

// --- both --------------------------------------------------------------------------------------

const handler = createMcpHandler(newServer, { legacy: 'reject' });
const modern = toNodeHandler(handler);
const checks = [localhostHostValidation(), localhostOriginValidation()];

async function serve(request, response) {
  if (!checks.every((check) => check(request, response))) return;
  const body = request.method === 'POST' ? await json(request) : undefined;
  const era = (await isLegacyRequest(await toWebRequest(request, body), body)) ? legacy : modern;
  await era(request, response, body);
}

async function json(request) {
  const chunks = await request.toArray();
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return null;
  }
}

const [port] = process.argv.slice(2);
const server = createServer((request, response) => serve(request, response).catch((error) => (console.error(error), response.destroy(error))));
server.listen(Number(port), '127.0.0.1', () => console.log(`listening on ${port}`));
