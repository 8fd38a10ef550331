// Requests that are larger, fuller or deeper than any need be.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ask, FORM, Others } from '../lib/others.mjs';
import { pause } from '../lib/process.mjs';
import { Raw } from '../lib/raw.mjs';
import { startService } from '../lib/service.mjs';

const LIMIT = 64 * 1024;
const MCP_LIMIT = 4 * 1024 * 1024;
const FORMS = ['/token', '/revoke', '/introspect', '/authorize', '/account', '/sign-out'];

let service, others, usual;
before(async () => {
  service = await startService({ env: { COUNTERSIGN_LOG: 'info,countersign=debug' } });
  others = await Others.at(service);
  usual = await others.waits();
});
after(() => service?.stop());

test('a body is refused at the first byte too many, whatever else is to come, at every endpoint', async (t) => {
  const refusals = async () => {
    for (const [path, type, most] of endpoints()) {
      assert.equal(await refused(path, `${type}Content-Length: ${1000 * most}\r\n\r\n${'a'.repeat(most + 1)}`), 413, path);
    }
  };
  await Promise.all([refusals(), others.compare(t, usual)]);
  await isItself();
});

test('so is a body in chunks, which says nothing of its length', async (t) => {
  const refusals = async () => {
    for (const [path, type, most] of endpoints()) {
      const chunk = `${(most + 1).toString(16)}\r\n${'a'.repeat(most + 1)}\r\n`;
      assert.equal(await refused(path, `${type}Transfer-Encoding: chunked\r\n\r\n${chunk}`), 413, path);
    }
  };
  await Promise.all([refusals(), others.compare(t, usual)]);
  await isItself();
});

test('a million form fields are refused by their size in one body, and by what they are in many', async (t) => {
  assert.equal((await post('/token', 'a&'.repeat(1_000_000))).status, 413);
  const bodies = [
    ['a&', 400], // fields of no value and one name
    ['client_id=x&', 400], // a parameter twice (RFC 6749 §3.2)
    ['%61=%62&', 400],
  ].map(([field, status]) => ({ body: field.repeat(Math.floor(LIMIT / field.length)), status }));
  let fields = 0;
  const floods = async () => {
    while (fields < 1_000_000) {
      for (const { body, status } of bodies) {
        for (const path of ['/token', '/revoke', '/authorize']) {
          const answered = await post(path, body);
          assert.ok(path === '/authorize' ? answered.status >= 400 && answered.status < 500 : answered.status === status, `${path}: ${answered.status} ${answered.body}`);
          fields += body.split('&').length - 1;
        }
      }
    }
  };
  await Promise.all([floods(), others.compare(t, usual)]);
  t.diagnostic(`${fields} fields`);
  await isItself();
});

test('JSON a thousand levels deep is refused as a body and in a token', async (t) => {
  const refusals = async () => {
    for (const document of DEEP) {
      const registered = await post('/register', document.slice(0, LIMIT), { 'content-type': 'application/json' });
      assert.equal(registered.status, 400, registered.body);
      const called = await post('/mcp', document.slice(0, LIMIT), others.callHeaders());
      assert.equal(called.status, 400, called.body);
      for (const token of deepTokens(document)) await isRefused(token);
    }
  };
  await Promise.all([refusals(), others.compare(t, usual)]);
  await isItself();
});

/** Wherever a token may stand; in a head there is room for less. */
async function isRefused(token) {
  const short = token.length < 12_000;
  if (short) {
    const called = await post('/mcp', '{}', { ...others.callHeaders(), authorization: `Bearer ${token}` });
    assert.equal(called.status, 401, called.body);
  }
  const assertion = { client_id: 'x', grant_type: 'refresh_token', refresh_token: 'x', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: token };
  const redeemed = await post('/token', String(new URLSearchParams(assertion)));
  assert.ok([400, 401].includes(redeemed.status), redeemed.body);
  const revoked = await post('/revoke', String(new URLSearchParams({ client_id: others.client, token })));
  assert.equal(revoked.status, 200, revoked.body);
}

const levels = (open, inner, close, count) => open.repeat(count) + inner + close.repeat(count);

const DEEP = [
  levels('[', '', ']', 30_000),
  levels('{"a":', '1', '}', 9000),
  // Never closed.
  '['.repeat(LIMIT - 1),
  `{"client_name":${levels('[', '1', ']', 20_000)},"redirect_uris":["http://127.0.0.1/x"]}`,
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":${levels('{"a":', '1', '}', 9000)}}}`,
];

function deepTokens(document) {
  const part = (text) => Buffer.from(text).toString('base64url');
  const plain = { head: part('{"alg":"ES256","typ":"at+jwt"}'), claims: part('{"iss":"x"}') };
  const [few, many] = [document.slice(0, 8000), document.slice(0, 40_000)].map(part);
  return [few, many].flatMap((deep) => [`${deep}.${plain.claims}.AAAA`, `${plain.head}.${deep}.AAAA`, `${deep}.${deep.slice(0, 100)}.${deep.slice(0, 100)}`]);
}

/** Every endpoint that takes a body, with its head and its most bytes. */
function endpoints() {
  const mcp = Object.entries(others.callHeaders()).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return [...FORMS.map((path) => [path, `Content-Type: ${FORM}\r\n`, LIMIT]), ['/register', 'Content-Type: application/json\r\n', LIMIT], ['/mcp', mcp, MCP_LIMIT]];
}

/** The status that is answered to a request that does not end; the connection is then closed. */
async function refused(path, rest) {
  const { host } = new URL(service.issuer);
  const raw = await Raw.open(service.issuer, { first: `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${service.issuer}\r\nSec-Fetch-Site: same-origin\r\n${rest}` });
  const late = await Promise.race([raw.closed, pause(10_000, 'late')]);
  raw.end();
  assert.notEqual(late, 'late', `${path}: still open after ten seconds, and said ${raw.said}`);
  return raw.status;
}

const post = (path, body, headers = {}) =>
  ask(new URL(path, service.issuer), { method: 'POST', headers: { 'content-type': FORM, ...headers }, body });

async function isItself() {
  await others.recovers();
  others.logIsClean();
}
