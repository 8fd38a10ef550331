// The official TypeScript client, 2.x line, unmodified, of a person who signs in without a browser.

import assert from 'node:assert/strict';

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';

import { MemoryProvider } from './oauth-client.mjs';
import { signIn } from './sign-in.mjs';

/** An open session at one MCP URL. */
export class Session {
  #transport;
  #user;

  constructor(mcp, { user, mode }) {
    this.mcp = new URL(mcp);
    this.#user = user;
    this.mode = mode;
    this.provider = new MemoryProvider();
  }

  /** From the refusal to an open session: discovery, registration, sign-in. Asks for `scope`, or else for what the server says. */
  static async open(mcp, { user = 'alice', mode = 'auto', scope } = {}) {
    const session = new Session(mcp, { user, mode });
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
    this.client = new Client({ name: 'countersign-e2e', version: '1.0.0' }, { versionNegotiation: { mode: this.mode } });
    this.#transport = new StreamableHTTPClientTransport(this.mcp, { authProvider: this.provider });
    await this.client.connect(this.#transport);
  }

  async #answer(url) {
    await this.#transport.finishAuth(this.provider.answered(await signIn(url, { user: this.#user })));
  }
}
