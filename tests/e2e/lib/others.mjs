// The others: somebody who has nothing to do with a fault, how long they wait meanwhile, and whether the
// service is itself again when it is over.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { availableParallelism, loadavg } from 'node:os';

import { authorizeUrl, redeem } from './authorize.mjs';
import { everything, until } from './process.mjs';
import { answer, signIn } from './sign-in.mjs';

/** Somebody signed in at a service. Every request goes over a connection of its own, or those of `agent`. */
export class Others {
  agent = false;
  #secrets = [];

  static async at(service) {
    const others = new Others();
    others.service = service;
    others.pid = service.child.pid;
    await others.signIn();
    return others;
  }

  /** A whole sign-in, from the registration of a client to its tokens. */
  async signIn() {
    const url = await authorizeUrl(this.service);
    this.client = new URL(url).searchParams.get('client_id');
    const { code } = answer(await signIn(url));
    this.#keep(code, await redeem(this.service, this.client, code));
  }

  metadata = () => this.#ask('GET', '/.well-known/oauth-authorization-server');

  readiness = () => this.#ask('GET', '/readyz');

  async refresh() {
    const asked = await this.#ask('POST', '/token', { 'content-type': FORM }, this.refreshForm());
    if (asked.status === 200) this.#keep(JSON.parse(asked.body));
    return asked;
  }

  revoke = () => this.#ask('POST', '/revoke', { 'content-type': FORM }, String(new URLSearchParams({ client_id: this.client, token: this.tokens.refresh_token })));

  refreshForm = () => String(new URLSearchParams({ grant_type: 'refresh_token', client_id: this.client, refresh_token: this.tokens.refresh_token }));

  call = () => this.#ask('POST', '/mcp', this.callHeaders(), CALL);

  callHeaders = () => ({ ...CALL_HEADERS, authorization: `Bearer ${this.tokens.access_token}` });

  /**
   * How long the requests of that many rounds took, in milliseconds: each must be answered with 200. A machine that
   * is busy gets through fewer rounds in its fifteen seconds.
   */
  async waits(rounds = 12, kinds = ['metadata', 'refresh', 'call']) {
    const [waits, deadline] = [[], Date.now() + 15_000];
    for (let round = 0; round < rounds && Date.now() < deadline; round += 1) {
      for (const kind of kinds) {
        const began = performance.now();
        const { status, body } = await this[kind]();
        assert.equal(status, 200, `${kind}: ${body}`);
        waits.push(performance.now() - began);
      }
    }
    return new Waits(waits);
  }

  /** What the same waits are while `fault` lasts, beside those before it. Says both in `t`. */
  async compare(t, before, kinds) {
    const during = await this.waits(12, kinds);
    t.diagnostic(`others waited ${during} while it lasted, ${before} before`);
    during.areUsual();
  }

  /** Waits until the service says by this status whether it is ready. */
  becomes = (status) => until(async () => (await this.readiness().catch(() => ({}))).status === status, `/readyz answers ${status}`);

  /** The same process is ready and lets people in, refreshes and answers calls. */
  async recovers() {
    await this.becomes(200);
    await this.signIn();
    await this.waits(1);
    const { child } = this.service;
    assert.deepEqual([child.pid, child.exitCode, child.signalCode], [this.pid, null, null], 'the same process');
  }

  /** The log tells of no panic and holds none of the secrets, nor `more`. */
  logIsClean(...more) {
    const log = everything(this.service.child);
    assert.doesNotMatch(log, /panic/i);
    for (const secret of [...this.#secrets, ...more]) assert.ok(!log.includes(secret), `a secret is in the log: ${secret}`);
  }

  #keep(...made) {
    this.tokens = made.at(-1);
    this.#secrets.push(...made.flatMap((one) => (one.access_token ? [one.access_token, one.refresh_token] : [one])));
  }

  #ask(method, path, headers = {}, body = '') {
    return ask(new URL(path, this.service.issuer), { method, headers, body, agent: this.agent });
  }
}

/** One request over a connection of its own, or one of `agent`; an answer that takes ten seconds is an error. */
export function ask(url, { method = 'GET', headers = {}, body = '', agent = false } = {}) {
  return new Promise((resolve, reject) => {
    const length = method === 'POST' ? { 'content-length': Buffer.byteLength(body) } : {};
    const asked = request(url, { method, headers: { ...headers, ...length }, agent, timeout: 10_000 }, async (response) => {
      const whole = Buffer.concat(await response.toArray().catch(reject));
      resolve({ status: response.statusCode, headers: response.headers, body: String(whole) });
    });
    asked.on('timeout', () => asked.destroy(new Error(`${method} ${url}: no answer within ten seconds`)));
    asked.on('error', reject).end(body);
  });
}

class Waits {
  constructor(waits) {
    this.sorted = waits.toSorted((a, b) => a - b);
  }

  at(part) {
    return this.sorted[Math.min(this.sorted.length - 1, Math.floor(this.sorted.length * part))];
  }

  /** A person notices a second. A machine that is busy with something else gets more time. */
  areUsual() {
    const second = 1000 * Math.max(1, loadavg()[0] / availableParallelism());
    assert.ok(this.at(0.95) < second, `${this} is more than ${second.toFixed()} ms`);
  }

  toString() {
    return `${this.at(0.5).toFixed(1)} ms (median), ${this.at(0.95).toFixed(1)} ms (p95)`;
  }
}

/** The content type of a form. */
export const FORM = 'application/x-www-form-urlencoded';

const PROTOCOL = '2026-07-28';
const CALL_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': PROTOCOL, 'mcp-method': 'tools/call', 'mcp-name': 'whoami' };
const META = { 'io.modelcontextprotocol/protocolVersion': PROTOCOL, 'io.modelcontextprotocol/clientInfo': { name: 'others', version: '1' }, 'io.modelcontextprotocol/clientCapabilities': {} };
const CALL = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami', arguments: {}, _meta: META } });
