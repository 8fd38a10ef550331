// What a client without any library asks for: registration, then one authorization URL.

/** Registers a client and returns the authorization URL for it; `asked` replaces parameters. */
export async function authorizeUrl(service, asked = {}) {
  const redirect_uri = 'http://127.0.0.1:33418/callback';
  const client_id = await register(service, { client_name: 'A test client', redirect_uris: [redirect_uri], token_endpoint_auth_method: 'none' });
  const ordinary = { response_type: 'code', client_id, redirect_uri, state: 'the-state', scope: 'read', resource: service.mcp, code_challenge_method: 'S256', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' };
  return `${service.issuer}/authorize?${new URLSearchParams({ ...ordinary, ...asked })}`;
}

/** Redeems the code of such a request for tokens (its challenge is the example of RFC 7636, Appendix B). */
export async function redeem(service, client_id, code) {
  const form = { grant_type: 'authorization_code', client_id, code, redirect_uri: 'http://127.0.0.1:33418/callback', code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk', resource: service.mcp };
  const response = await fetch(`${service.issuer}/token`, { method: 'POST', body: new URLSearchParams(form) });
  if (response.status !== 200) throw new Error(`POST /token answered ${response.status}: ${await response.text()}`);
  return response.json();
}

async function register(service, metadata) {
  const response = await fetch(`${service.issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(metadata),
  });
  if (response.status !== 201) throw new Error(`POST /register answered ${response.status}: ${await response.text()}`);
  return (await response.json()).client_id;
}
