// Two providers that we did not write, from the first refusal to the last: consent, sign-in, tool call,
// and after the person disconnects the app at /account, nothing.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { newPerson, openBrowser, press } from './lib/browser.mjs';
import { connectByHand } from './lib/mcp-person.mjs';
import { freePort } from './lib/ports.mjs';
import { startService } from './lib/service.mjs';
import { text } from './lib/tools.mjs';
import { APPLICATION, ROLES, startTenant } from './providers/auth0-like.mjs';
import { CLIENT, startIssuer } from './providers/mock-issuer.mjs';

let browser;
before(async () => (browser = await openBrowser()));
after(() => browser?.close());

describe('oidc-provider as Auth0', () => {
  const users = { 'auth0|ann': { name: 'Ann Admin', email: 'ann@example.com', email_verified: true, [ROLES]: ['admin'] } };
  const logIn = async (page) => {
    await page.fill('input[name=login]', 'auth0|ann');
    await page.fill('input[name=password]', 'any');
    await page.click('button[type=submit]');
  };
  holds({ provider: 'auth0', name: /Ann Admin/, steps: [logIn], start: (callback) => startTenant({ callback, users }), env: auth0 });
});

describe('oauth2-mock-server as a generic issuer', () => {
  const person = { sub: 'rob', name: 'Rob Reader', email: 'rob@example.com', email_verified: true };
  holds({ provider: 'oidc', name: /Rob Reader/, steps: [], start: () => startIssuer({ person }), env: generic });
});

function holds({ provider, name, steps, start, env }) {
  let upstream, service;
  before(async () => {
    const port = await freePort();
    const callback = `http://localhost:${port}/callback/${provider}`;
    upstream = await start(callback);
    service = await startService({ port, env: { ...env(upstream, callback), COUNTERSIGN_PROVIDERS: provider } });
  });
  after(async () => {
    await service?.stop();
    await upstream?.stop();
  });

  const connect = async () => {
    const person = await newPerson(browser);
    return { person, ...(await connectByHand(service, person, [press('provider', provider), ...steps])) };
  };

  test('a person consents, signs in and calls a tool as themselves', async () => {
    const { client, person } = await connect();
    assert.match(text(await client.callTool({ name: 'whoami' })), name);
    await client.close();
    await person.context.close();
  });

  test('at /account the person sees the app; once disconnected, it neither refreshes nor calls', async () => {
    const { client, person, provider: app } = await connect();
    const { page } = person;
    await page.goto(`${service.issuer}/account`);
    assert.match(await page.textContent('main'), /Countersign end-to-end test/);
    await page.click('button:has-text("Disconnect")');
    await page.locator('button:has-text("Disconnect")').waitFor({ state: 'detached' });
    assert.doesNotMatch(await page.textContent('main'), /Countersign end-to-end test.*Disconnect/s);
    const refused = await refresh(app);
    assert.deepEqual([refused.status, (await refused.json()).error], [400, 'invalid_grant']);
    await assert.rejects(client.callTool({ name: 'whoami' }));
    await client.close();
    await person.context.close();
  });

  const refresh = (app) => {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: app.tokens().refresh_token, client_id: app.clientInformation().client_id, resource: service.mcp });
    return fetch(`${service.issuer}/token`, { method: 'POST', body });
  };
}

function auth0({ domain }, callback) {
  return { AUTH0_DOMAIN: domain, AUTH0_CLIENT_ID: APPLICATION.id, AUTH0_CLIENT_SECRET: APPLICATION.secret, AUTH0_CALLBACK_URL: callback };
}

function generic({ issuer }) {
  return { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: CLIENT.id, OIDC_CLIENT_SECRET: CLIENT.secret };
}
