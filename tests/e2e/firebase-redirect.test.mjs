// Firebase without a script: the service itself runs Google's code flow and turns the result into a
// Firebase sign-in at the emulator. The browser never holds a token.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { authorizeUrl } from './lib/authorize.mjs';
import { newPerson, openBrowser, press, signInByHand } from './lib/browser.mjs';
import { confirm, startFirebaseService } from './lib/firebase-service.mjs';
import { connectByHand } from './lib/mcp-person.mjs';
import { text } from './lib/tools.mjs';
import { startFirebase } from './providers/firebase.mjs';
import { account, CLIENT, startGoogle } from './providers/google-like.mjs';

let browser, firebase, google, service;
before(async () => {
  [firebase, google] = await Promise.all([startFirebase(), startGoogle(account('104', 'Gina Google'))]);
  service = await startFirebaseService(redirectMode());
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await service?.stop();
  await Promise.all([google?.stop(), firebase?.stop()]);
});

const toFirebase = press('provider', 'firebase');

for (const [how, options] of Object.entries({ 'with JavaScript': {}, 'without JavaScript': { javaScriptEnabled: false } })) {
  test(`a person signs in at Google ${how} and calls a tool as the Firebase user`, async () => {
    const person = await newPerson(browser, options);
    const { client } = await connectByHand(service, person, [toFirebase, confirmIfAsked]);
    assert.match(text(await client.callTool({ name: 'whoami' })), /Gina Google/);
    await client.close();
    await person.context.close();
  });
}

test('no page has a script, and nothing the browser sends or receives is a token', async () => {
  const person = await newPerson(browser);
  const seen = [];
  person.context.on('response', (response) => seen.push(whatItSaid(response)));
  await signInByHand(person, await authorizeUrl(service), toFirebase, confirmIfAsked);
  for (const { url, headers, body } of await Promise.all(seen)) {
    assert.doesNotMatch(`${url} ${headers} ${body}`, /eyJ[\w-]+\.eyJ/, url);
    if (url.startsWith(service.issuer)) assert.doesNotMatch(body, /<script/i, url);
  }
  await person.context.close();
});

test('Google is asked with our own state, nonce and PKCE, for the project\'s web client and our callback', async () => {
  const person = await newPerson(browser);
  await signInByHand(person, await authorizeUrl(service), toFirebase, confirmIfAsked);
  const sent = google.seen.findLast((url) => url.pathname === '/authorize').searchParams;
  assert.equal(sent.get('client_id'), CLIENT.id);
  assert.equal(sent.get('redirect_uri'), `${service.issuer}/callback/firebase`);
  assert.equal(sent.get('code_challenge_method'), 'S256');
  assert.match(sent.get('scope'), /\bopenid\b/);
  for (const name of ['state', 'nonce', 'code_challenge']) assert.ok(sent.get(name)?.length >= 22, name);
  assert.notEqual(sent.get('state'), 'the-state');
  await person.context.close();
});

// The confirmation answers a token that someone else may have slipped in; here nobody can have.
const confirmIfAsked = async (page) => {
  const asked = await page.waitForSelector('button[name=confirm]', { timeout: 3000 }).catch(() => undefined);
  if (asked) await confirm(page);
};

async function whatItSaid(response) {
  const body = await response.text().catch(() => '');
  return { url: response.url(), headers: JSON.stringify([response.headers(), response.request().headers(), response.request().postData()]), body };
}

const redirectMode = () => [
  'mode = "redirect"',
  `emulator = "${firebase.host}"`,
  `google = { id = "${CLIENT.id}", secret = "${CLIENT.secret}", endpoints = { authorization = "${google.endpoints.authorization}", token = "${google.endpoints.token}", jwks = "${google.endpoints.jwks}" } }`,
  `endpoints = { toolkit = "${firebase.toolkit}" }`,
];
