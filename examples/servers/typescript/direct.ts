// An MCP server that checks Countersign's access tokens itself.
//
// ISSUER is Countersign's public URL, RESOURCE the URL by which clients reach this server: the same as in
// its file in servers/, and the `aud` of its tokens.

import { createMcpExpressApp, getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter, requireBearerAuth } from '@modelcontextprotocol/express';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { type AuthInfo, createMcpHandler, McpServer, OAuthError, OAuthErrorCode, requireScopes } from '@modelcontextprotocol/server';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { z } from 'zod';

const issuer = process.env.ISSUER ?? 'http://localhost:8000';
const resource = new URL(process.env.RESOURCE ?? 'http://127.0.0.1:9000/mcp');
const greetings = new Map<string, string>();

/** Signature, `typ`, `iss`, `aud` and `exp` of a token. */
const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
async function verifyAccessToken(token: string): Promise<AuthInfo> {
  const { payload } = await jwtVerify(token, keys, {
    issuer, audience: resource.href, typ: 'at+jwt', algorithms: ['ES256'], requiredClaims: ['sub', 'client_id', 'scope', 'exp'],
  }).catch(refuse);
  const { sub, name, client_id, scope, exp } = payload as Record<string, string> & { exp: number };
  return { token, clientId: client_id, scopes: scope.split(' ').filter(Boolean), expiresAt: exp, extra: { sub, name } };
}

// A fault of the token is a 401; that the keys are out of reach is not.
const OUT_OF_REACH = ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'];
function refuse(error: unknown): never {
  if (!(error instanceof errors.JOSEError) || OUT_OF_REACH.includes(error.code)) throw error;
  throw new OAuthError(OAuthErrorCode.InvalidToken, 'The access token is not valid for this server.');
}

function server(): McpServer {
  const server = new McpServer({ name: 'greeter', version: '1.0.0' });
  server.registerTool('greet', { description: 'Greets the person who is signed in.' }, ({ http }) => {
    const { scopes, extra } = http!.authInfo!;
    return said(`${greetings.get(String(extra!.sub)) ?? 'Hello'} ${extra!.name ?? extra!.sub}, you may: ${scopes.join(' ')}`);
  });
  // Without the scope: 403 with a challenge, and the client asks the person for it.
  const change = { description: 'Changes the word with which you are greeted.', inputSchema: z.object({ greeting: z.string() }), scopeChallenge: requireScopes('write') };
  server.registerTool('set_greeting', change, ({ greeting }, { http }) => {
    greetings.set(String(http!.authInfo!.extra!.sub), greeting);
    return said(`From now on: ${greeting}`);
  });
  return server;
}

const said = (text: string) => ({ content: [{ type: 'text' as const, text }] });

// 401 with the way to sign in, and the metadata that it points to.
const metadata = await fetch(`${issuer}/.well-known/oauth-authorization-server`);
const guard = requireBearerAuth({ verifier: { verifyAccessToken }, requiredScopes: ['read'], resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource) });

const app = createMcpExpressApp(); // answers to loopback names only
app.use(mcpAuthMetadataRouter({ oauthMetadata: await metadata.json(), resourceServerUrl: resource, scopesSupported: ['read', 'write'], resourceName: 'Greeter' }));
const mcp = toNodeHandler(createMcpHandler(server));
app.all(resource.pathname, guard, (request, response) => void mcp(request, response, request.body));
app.listen(Number(process.env.PORT ?? 9000), '127.0.0.1', () => console.log(`${resource} is guarded by ${issuer}`));
