// An MCP server behind the gateway that takes nobody's word: with each call the gateway sends a JWT of its own,
// for this server alone. Whoever else reaches the server is refused.
//
// ISSUER is Countersign's public URL, UPSTREAM the URL by which the gateway reaches this server: the same as in
// its file in servers/, and the `aud` of the JWT.

import { createMcpExpressApp, requireBearerAuth } from '@modelcontextprotocol/express';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { type AuthInfo, createMcpHandler, McpServer, OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { z } from 'zod';

const issuer = process.env.ISSUER ?? 'http://localhost:8000';
const upstream = new URL(process.env.UPSTREAM ?? 'http://127.0.0.1:9001/mcp');
const greetings = new Map<string, string>();

const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
async function verifyAccessToken(token: string): Promise<AuthInfo> {
  const { payload } = await jwtVerify(token, keys, {
    issuer, audience: upstream.href, typ: 'JWT', algorithms: ['ES256'], requiredClaims: ['sub', 'client_id', 'scope', 'exp'],
  }).catch(refuse);
  const { sub, name, client_id, scope, exp } = payload as Record<string, string> & { exp: number };
  return { token, clientId: client_id, scopes: scope.split(' ').filter(Boolean), expiresAt: exp, extra: { sub, name } };
}

// A fault of the JWT is a 401; that the keys are out of reach is not.
const OUT_OF_REACH = ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'];
function refuse(error: unknown): never {
  if (!(error instanceof errors.JOSEError) || OUT_OF_REACH.includes(error.code)) throw error;
  throw new OAuthError(OAuthErrorCode.InvalidToken, 'The assertion is not valid for this server.');
}

function server(): McpServer {
  const server = new McpServer({ name: 'greeter', version: '1.0.0' });
  server.registerTool('greet', { description: 'Greets the person who is signed in.' }, ({ http }) => {
    const { scopes, extra } = http!.authInfo!;
    return said(`${greetings.get(String(extra!.sub)) ?? 'Hello'} ${extra!.name ?? extra!.sub}, you may: ${scopes.join(' ')}`);
  });
  const change = { description: 'Changes the word with which you are greeted.', inputSchema: z.object({ greeting: z.string() }) };
  server.registerTool('set_greeting', change, ({ greeting }, { http }) => {
    greetings.set(String(http!.authInfo!.extra!.sub), greeting);
    return said(`From now on: ${greeting}`);
  });
  return server;
}

const said = (text: string) => ({ content: [{ type: 'text' as const, text }] });

const app = createMcpExpressApp(); // answers to loopback names only
const mcp = toNodeHandler(createMcpHandler(server));
app.all(upstream.pathname, requireBearerAuth({ verifier: { verifyAccessToken } }), (request, response) => void mcp(request, response, request.body));
const port = Number(process.env.PORT ?? 9001);
app.listen(port, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${port}`));
