// The official TypeScript client, 2.x line, unmodified, of a person who signs in without a browser.

import assert from 'node:assert/strict';

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';

import { MemoryProvider } from './oauth-client.mjs';
import { signIn } from './sign-in.mjs';

/** An open session at one MCP URL. */
export class Session {
  #transport;
  #user;
  #mode;
  #more;

  constructor(mcp, { user = 'alice', mode = 'auto', ...more }) {
    this.mcp = new URL(mcp);
    this.#user = user;
    this.#mode = mode;
    this.#more = more;
    this.provider = new MemoryProvider();
  }

  /**
   * From the refusal to an open session: discovery, registration, sign-in. Asks for `scope`, or else for what the
   * server says. `headers` are sent with every request; `prepare` gets the client before it connects, which has
   * these `capabilities`.
   */
  static async open(mcp, { scope, ...options } = {}) {
    const session = new Session(mcp, options);
    await assert.rejects(session.#connect(), UnauthorizedError);
    const url = new URL(session.provider.authorizeUrl);
    if (scope) url.searchParams.set('scope', scope);
    await session.#answer(url);
    await session.#connect();
    return session;
  }

  /** Calls a tool; where the server asks for more scopes, signs in again and repeats the call. */
  async callSteppingUp(call, options) {
    try {
      return await this.client.callTool(call, options);
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      await this.#answer(this.provider.authorizeUrl);
      return this.client.callTool(call, options);
    }
  }

  get accessToken() {
    return this.provider.tokens().access_token;
  }

  close() {
    return this.client.close();
  }

  async #connect() {
    const { capabilities = {}, prepare, headers = {} } = this.#more;
    this.client = new Client({ name: 'countersign-e2e', version: '1.0.0' }, { capabilities, versionNegotiation: { mode: this.#mode } });
    prepare?.(this.client);
    this.#transport = new StreamableHTTPClientTransport(this.mcp, { authProvider: this.provider, requestInit: { headers } });
    await this.client.connect(this.#transport);
  }

  async #answer(url) {
    await this.#transport.finishAuth(this.provider.answered(await signIn(url, { user: this.#user })));
  }
}
