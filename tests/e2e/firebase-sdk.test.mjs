// The Firebase web SDK and the Firebase Auth emulator, both real, in Chromium. One thing is not: Google's
// https://apis.google.com/js/api.js, which the SDK loads for its popup, cannot be reached without the
// internet and is answered by providers/gapi-stub.js.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { authorizeUrl } from './lib/authorize.mjs';
import { openBrowser, press, signInByHand } from './lib/browser.mjs';
import { chooseNewAccount, newFirebasePerson, openPopup, signInAtPopup, status } from './lib/firebase-person.mjs';
import { confirm, startFirebaseService } from './lib/firebase-service.mjs';
import { connectByHand } from './lib/mcp-person.mjs';
import { text } from './lib/tools.mjs';
import { startFirebase } from './providers/firebase.mjs';

let browser, firebase, service;
before(async () => {
  firebase = await startFirebase();
  service = await startFirebaseService(['mode = "sdk"', 'sign_in = ["google.com"]', `emulator = "${firebase.host}"`]);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await service?.stop();
  await firebase?.stop();
});

const toFirebase = press('provider', 'firebase');

test('a person signs in at the popup of the real SDK (api.js stubbed) and calls a tool as themselves', async () => {
  const person = await newFirebasePerson(browser);
  const { client } = await connectByHand(service, person, [toFirebase, signInAtPopup('Dave Daring', 'dave@example.com'), confirm]);
  assert.match(text(await client.callTool({ name: 'whoami' })), /Dave Daring/);
  await client.close();
  await person.context.close();
});

test('rules on the verified address hold for Firebase as for everyone (api.js stubbed)', async () => {
  const person = await newFirebasePerson(browser);
  const { client } = await connectByHand(service, person, [toFirebase, signInAtPopup('Ada Admin', 'ada@example.com'), confirm], { scope: 'read admin' });
  assert.notEqual((await client.callTool({ name: 'secure_operation' })).isError, true);
  await client.close();
  await person.context.close();
});

test('the account and the client are named before a code is issued (api.js stubbed)', async () => {
  const { person, words } = await atConfirmation('Nora Named', 'nora@example.com');
  for (const said of [/nora@example\.com/, /A test client/]) assert.match(words, said);
  await person.context.close();
});

test('the token goes into one POST body: no address, no storage and no log has it afterwards (api.js stubbed)', async () => {
  const { person, posted, addresses } = await atConfirmation('Hugo Hidden', 'hugo@example.com');
  const { id_token } = posted.postDataJSON();
  assert.deepEqual(addresses.filter((address) => address.includes(id_token)), []);
  const kept = await person.page.evaluate(async () => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, await indexedDB.databases(), document.cookie]));
  assert.doesNotMatch(kept, /eyJ|firebase:authUser|firebaseLocalStorage/);
  for (const secret of [id_token.split('.')[1], 'hugo@example.com']) assert.ok(!service.log.includes(secret));
  await person.context.close();
});

test('the same POST from another browser is refused (api.js stubbed)', async () => {
  const { person, posted } = await atConfirmation('Rita Robbed', 'rita@example.com');
  const headers = { 'content-type': 'application/json', 'x-countersign': 'sign-in', origin: service.issuer, 'sec-fetch-site': 'same-origin' };
  const response = await fetch(posted.url(), { method: 'POST', headers, body: posted.postData() });
  assert.ok(response.status >= 400 && response.status < 500, String(response.status));
  await person.context.close();
});

test('a token that was accepted once is refused in the next sign-in of the same browser (api.js stubbed)', async () => {
  const { person, posted } = await atConfirmation('Otto Once', 'otto@example.com');
  const { id_token } = posted.postDataJSON();
  await openFirebasePage(person.page);
  const refused = await person.page.evaluate(postAgain, id_token);
  assert.ok(refused.status >= 400 && refused.status < 500, JSON.stringify(refused));
  assert.equal(refused.body.next, undefined);
  assert.ok(refused.body.message);
  await person.context.close();
});

test('a popup that the person closes is called that, and the next attempt succeeds (api.js stubbed)', async () => {
  const person = await newFirebasePerson(browser);
  const { page } = person;
  const closed = async () => {
    await (await openPopup(page)).close();
    await status(page, /was closed before/);
  };
  const redirect = await signInByHand(person, await authorizeUrl(service), toFirebase, closed, signInAtPopup('Cleo Closer', 'cleo@example.com'), confirm);
  assert.ok(new URL(redirect).searchParams.get('code'));
  await person.context.close();
});

test('the pages reach our origin, the emulator and apis.google.com; only the emulator\'s own pages want more', async () => {
  const person = await newFirebasePerson(browser);
  const wanted = new Set();
  const isOurs = (request) => !request.isNavigationRequest() && request.frame().url().startsWith(service.issuer);
  person.context.on('request', (request) => isOurs(request) && wanted.add(new URL(request.url()).host));
  await openFirebasePage(person.page);
  await signInAtPopup('Rosa Reaching', 'rosa@example.com')(person.page);
  await person.page.waitForSelector('button[name=confirm]');
  assert.deepEqual([...wanted].sort(), [firebase.host, 'apis.google.com', new URL(service.issuer).host].sort());
  await person.context.close();
});

test('where the SDK\'s helper page is on our own host, a blocked popup becomes a redirect that comes back signed in (api.js stubbed)', async () => {
  const sameHost = await startFirebaseService(['mode = "sdk"', 'sign_in = ["google.com"]', `emulator = "${firebase.host.replace('127.0.0.1', 'localhost')}"`]);
  const person = await newFirebasePerson(browser);
  await person.context.addInitScript(() => (window.open = () => null));
  const viaRedirect = async (page) => {
    await page.click('button[data-provider="google.com"]:enabled');
    await chooseNewAccount(page, 'Reed Redirected', 'reed@example.com');
  };
  const redirect = await signInByHand(person, await authorizeUrl(sameHost), toFirebase, viaRedirect, confirm);
  assert.ok(new URL(redirect).searchParams.get('code'));
  await person.context.close();
  await sameHost.stop();
});

test('anywhere else a blocked popup is explained (api.js stubbed)', async () => {
  const person = await newFirebasePerson(browser);
  await person.context.addInitScript(() => (window.open = () => null));
  await openFirebasePage(person.page);
  await person.page.click('button[data-provider="google.com"]:enabled');
  await status(person.page, /blocked the sign-in window/);
  await person.context.close();
});

async function atConfirmation(name, email) {
  const person = await newFirebasePerson(browser);
  const addresses = [];
  person.context.on('request', (request) => addresses.push(request.url(), request.headers().referer ?? ''));
  await openFirebasePage(person.page);
  const posting = person.page.waitForRequest('**/callback/firebase');
  await signInAtPopup(name, email)(person.page);
  await person.page.waitForURL(/\/confirm\/firebase\?state=/);
  return { person, posted: await posting, addresses, words: await person.page.textContent('main') };
}

async function openFirebasePage(page) {
  await page.goto(await authorizeUrl(service));
  await toFirebase(page);
  await page.waitForURL(/\/sign-in\/firebase\?state=/);
}

// Runs in the page: what its own module would send, with an older token.
async function postAgain(id_token) {
  const { state, post } = JSON.parse(document.getElementById('firebase-config').textContent);
  const response = await fetch(post, { method: 'POST', headers: { 'content-type': 'application/json', 'x-countersign': 'sign-in' }, body: JSON.stringify({ state, id_token }) });
  return { status: response.status, body: await response.json() };
}
