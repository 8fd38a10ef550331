// What the Firebase page says when a sign-in does not succeed. The SDK is replaced in the browser by one
// that fails as told: the real one meets the emulator in firebase-sdk.test.mjs.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { authorizeUrl } from './lib/authorize.mjs';
import { newPerson, openBrowser, press } from './lib/browser.mjs';
import { status } from './lib/firebase-person.mjs';
import { startFirebaseService } from './lib/firebase-service.mjs';
import { handsOver } from './lib/firebase-stub.mjs';
import { freePort } from './lib/ports.mjs';

let browser, service;
before(async () => {
  service = await startFirebaseService(['mode = "sdk"', 'sign_in = ["google.com", "github.com"]', `emulator = "127.0.0.1:${await freePort()}"`]);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

const SAID = {
  'auth/popup-blocked': /blocked the sign-in window.*Allow windows/,
  'auth/popup-closed-by-user': /was closed before/,
  'auth/user-cancelled': /was cancelled/,
  'auth/unauthorized-domain': /localhost:\d+, is not authorised.*Firebase console, under Authentication, Settings, Authorised domains/,
  'auth/network-request-failed': /network did not answer/,
  'auth/operation-not-allowed': /switched off in this Firebase project.*Sign-in method/,
  'auth/internal-error': /apis\.google\.com/,
  'auth/never-heard-of': /failed \(auth\/never-heard-of\)/,
};

for (const [code, said] of Object.entries(SAID)) {
  test(`${code} is explained, and the person may try again`, async () => {
    const { page, context, complaints } = await atPage({ code });
    await page.click('button[data-provider="google.com"]:enabled');
    assert.match(await status(page, said), said);
    assert.ok(await page.isEnabled('button[data-provider="google.com"]'));
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

test('what the server says against a token is shown, and the person may try again', async () => {
  const { page, context } = await atPage();
  await answer(page, 403, { error: 'access_denied', message: 'This account <b>may not</b> enter.' });
  await page.click('button[data-provider="github.com"]:enabled');
  assert.equal(await status(page, /may not/), 'This account <b>may not</b> enter.');
  assert.ok(await page.isEnabled('button[data-provider="github.com"]'));
  await context.close();
});

test('an answer that leads to another origin is not followed', async () => {
  const { page, context } = await atPage();
  const at = page.url();
  await answer(page, 200, { next: '//elsewhere.example/' });
  await page.click('button[data-provider="google.com"]:enabled');
  await status(page, /failed/);
  assert.equal(page.url(), at);
  await context.close();
});

test('a server that is not there is called a network failure', async () => {
  const { page, context } = await atPage();
  await page.route('**/callback/firebase', (route) => route.abort());
  await page.click('button[data-provider="google.com"]:enabled');
  await status(page, SAID['auth/network-request-failed']);
  await context.close();
});

test('the token is posted as JSON with our header from our own origin, and a real server refuses a false one in words', async () => {
  const { page, context } = await atPage();
  const posted = page.waitForRequest('**/callback/firebase');
  await page.click('button[data-provider="google.com"]:enabled');
  const request = await posted;
  const headers = await request.allHeaders();
  assert.equal(headers.origin, service.issuer);
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['x-countersign'], 'sign-in');
  assert.deepEqual(Object.keys(request.postDataJSON()), ['state', 'id_token']);
  assert.ok((await request.response()).status() >= 400);
  await status(page, /\w+/);
  await context.close();
});

test('without JavaScript the page says what is missing and offers the other ways', async () => {
  const { page, context } = await newPerson(browser, { javaScriptEnabled: false });
  await open(page);
  assert.match(await page.textContent('noscript'), /needs JavaScript/);
  await page.click('text=Choose another way');
  await page.waitForURL(/\/authorize\?/);
  await context.close();
});

test('a page that takes invented identities says so, loudly', async () => {
  const { page, context } = await atPage();
  assert.match(await page.textContent('.loud'), /Emulator/);
  await context.close();
});

async function atPage(outcome = {}) {
  const person = await newPerson(browser);
  await handsOver(person.context, outcome);
  await open(person.page);
  return person;
}

async function open(page) {
  await page.goto(await authorizeUrl(service));
  await press('provider', 'firebase')(page);
  await page.waitForURL(/\/sign-in\/firebase\?state=/);
}

const answer = (page, status, body) => page.route('**/callback/firebase', (route) => route.fulfill({ status, json: body }));
