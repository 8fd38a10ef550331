// A person signs in through Chromium at a certified provider that answers as Auth0 does.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { newPerson, openBrowser, press } from './lib/browser.mjs';
import { connectByHand } from './lib/mcp-person.mjs';
import { freePort } from './lib/ports.mjs';
import { startService } from './lib/service.mjs';
import { text } from './lib/tools.mjs';
import { APPLICATION, ROLES, startTenant } from './providers/auth0-like.mjs';

const users = {
  'auth0|ann': { name: 'Ann Admin', email: 'ann@example.com', email_verified: true, [ROLES]: ['admin'] },
  'auth0|rob': { name: 'Rob Reader', email: 'rob@example.com', email_verified: true, [ROLES]: [] },
};

let browser, tenant, service;
before(async () => {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  tenant = await startTenant({ callback: `${issuer}/callback/auth0`, users });
  service = await startService({ port, env: { ...settings(), COUNTERSIGN_PROVIDERS: 'auth0', AUTH0_CALLBACK_URL: `${issuer}/callback/auth0` } });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await service?.stop();
  await tenant?.stop();
});

test('a person with the admin role at Auth0 runs the admin operation', async () => {
  const client = await connect('auth0|ann');
  assert.match(text(await client.callTool({ name: 'whoami' })), /Ann Admin/);
  const result = await client.callTool({ name: 'secure_operation' });
  assert.notEqual(result.isError, true, text(result));
  await client.close();
});

test('a person without the admin role at Auth0 is refused the admin operation', async () => {
  const client = await connect('auth0|rob');
  assert.match(text(await client.callTool({ name: 'whoami' })), /Rob Reader/);
  await assert.rejects(client.callTool({ name: 'secure_operation' }));
  await client.close();
});

test('what reaches Auth0 is our own state, nonce, PKCE and callback, and nothing of the MCP client', async () => {
  const { provider } = await connectWithProvider('auth0|ann');
  const sent = tenant.seen.findLast((url) => url.pathname === '/authorize').searchParams;
  assert.equal(sent.get('client_id'), APPLICATION.id);
  assert.equal(sent.get('redirect_uri'), `${service.issuer}/callback/auth0`);
  assert.equal(sent.get('code_challenge_method'), 'S256');
  assert.ok(sent.get('nonce'));
  for (const name of ['state', 'code_challenge']) assert.notEqual(sent.get(name), provider.authorizeUrl.searchParams.get(name), name);
});

const settings = () => ({ AUTH0_DOMAIN: tenant.domain, AUTH0_CLIENT_ID: APPLICATION.id, AUTH0_CLIENT_SECRET: APPLICATION.secret });

const connect = async (login) => (await connectWithProvider(login)).client;

async function connectWithProvider(login) {
  const person = await newPerson(browser);
  const connected = await connectByHand(service, person, [press('provider', 'auth0'), logIn(login)], { scope: 'read admin' });
  await person.context.close();
  return connected;
}

const logIn = (login) => async (page) => {
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', 'any');
  await page.click('button[type=submit]');
};
