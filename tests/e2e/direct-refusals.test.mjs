// What the servers of docs/protect make of tokens that are wrong in one way each. The test is their issuer.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { LANGUAGES, places, startDirect } from './lib/greeters.mjs';
import { now, startIssuer } from './lib/issuer.mjs';

let issuer;
let placed;
before(async () => ([issuer, placed] = await Promise.all([startIssuer(), places(LANGUAGES)])));
after(() => issuer?.stop());

for (const language of LANGUAGES) {
  describe(`the direct server in ${language}`, () => {
    let server;
    let aud;
    before(async () => {
      server = await startDirect(language, issuer.issuer, placed[language]);
      aud = server.resource;
    });
    after(() => server?.stop());

    test('answers a caller with a good token', async () => {
      assert.equal((await call(await issuer.token({ aud }))).status, 200);
    });

    test('refuses a token for another server', async () => refused({ aud: 'http://127.0.0.1:1/mcp' }));
    test('refuses a token without an audience', async () => refused({ aud: undefined }));
    test('refuses a token of another issuer', async () => refused({ aud, iss: 'http://localhost:1' }));
    test('refuses a token that has expired', async () => refused({ aud, exp: now() - 120 }));
    test('refuses a token signed by another key', async () => refused({ aud }, {}, issuer.stranger));
    test('refuses a token without a signature', async () => {
      const [, payload] = (await issuer.token({ aud })).split('.');
      const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
      await refusal(`${header}.${payload}.`);
    });

    test('asks a caller without a token to sign in, and says where', async () => {
      const { status, challenge } = await call();
      assert.equal(status, 401);
      const [, metadata] = challenge.match(/resource_metadata="([^"]+)"/);
      assert.equal((await (await fetch(metadata)).json()).resource, aud);
    });

    test('names the scope that a tool lacks', async () => {
      const { status, challenge } = await call(await issuer.token({ aud }), 'set_greeting', { greeting: 'Ahoi' });
      assert.equal(status, 403);
      assert.match(challenge, /error="insufficient_scope"/);
      assert.match(challenge, /scope="write"/);
      assert.match(challenge, /resource_metadata="[^"]+"/);
    });

    test('runs no tool that its caller may not, however the body hides it', async () => {
      const set = (names) => `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{${names},"arguments":{"greeting":"Ahoi"}}}`;
      const plain = set('"name":"set_greeting"');
      const hidden = [`[${set('"name":"greet"')},${plain}]`, set('"name":"greet","name":"set_greeting"'), set('"name":"set_greeting","name":"greet"')];
      const reader = await olderSession('read');
      for (const body of hidden) assert.doesNotMatch(await reader(body), /From now on/, body);
      // So would the plain call have been answered, had it been allowed.
      const writer = await olderSession('read write');
      assert.match(await writer(plain), /From now on: Ahoi/);
    });

    test('lets a caller with the scope pass', async () => {
      const token = await issuer.token({ aud, scope: 'read write' });
      assert.equal((await call(token, 'set_greeting', { greeting: 'Ahoi' })).status, 200);
    });

    // A session of the older eras, in which the body alone says what is called.
    async function olderSession(scope) {
      const headers = { authorization: `Bearer ${await issuer.token({ aud, scope })}`, ...HEADERS, 'mcp-protocol-version': OLDER };
      const post = (body) => fetch(server.resource, { method: 'POST', headers, body });
      const params = { protocolVersion: OLDER, capabilities: {}, clientInfo: { name: 'test', version: '1' } };
      const begun = await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }));
      await begun.text();
      if (begun.headers.has('mcp-session-id')) headers['mcp-session-id'] = begun.headers.get('mcp-session-id');
      await (await post('{"jsonrpc":"2.0","method":"notifications/initialized"}')).text();
      return async (body) => (await post(body)).text();
    }

    const refused = async (...claims) => refusal(await issuer.token(...claims));

    async function refusal(token) {
      const { status, challenge } = await call(token);
      assert.equal(status, 401);
      assert.match(challenge, /error="invalid_token"/);
    }

    async function call(token, name = 'greet', args = {}) {
      const meta = { 'io.modelcontextprotocol/protocolVersion': VERSION, 'io.modelcontextprotocol/clientCapabilities': {} };
      const response = await fetch(server.resource, {
        method: 'POST',
        headers: { ...(token && { authorization: `Bearer ${token}` }), ...HEADERS, 'mcp-method': 'tools/call', 'mcp-name': name },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args, _meta: meta } }),
      });
      await response.body?.cancel();
      return { status: response.status, challenge: response.headers.get('www-authenticate') ?? '' };
    }
  });
}

const VERSION = '2026-07-28';

const OLDER = '2025-06-18';

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': VERSION };
