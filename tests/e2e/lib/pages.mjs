// Every page a person can meet, and the way there. Each entry: the service it needs (`plain` has the
// development provider, `firebase` a Firebase project in SDK mode), how the profile differs, and the way.

import assert from 'node:assert/strict';

import { authorizeUrl, redeem } from './authorize.mjs';
import { press } from './browser.mjs';
import { handsOver } from './firebase-stub.mjs';
import { status } from './firebase-person.mjs';

/** The pages by name. */
export const PAGES = {
  home: { open: at('/') },
  error: { says: /Error 4\d\d/, open: at('/authorize?client_id=nobody&response_type=code') },
  consent: { open: consent },
  'development-sign-in': { open: developmentSignIn },
  'sign-out': { open: at('/sign-out') },
  'signed-out': { open: at('/signed-out') },
  account: { open: signedInAt('/account') },
  'account-with-apps': { open: accountWithApps },
  'account-token-form': { open: accountTokenForm },
  'account-token-made': { open: accountTokenMade },
  'account-with-token': { open: accountWithToken },
  'account-error': { says: /Error 4\d\d/, open: accountError },
  'account-of-nobody': { open: at('/account') },
  'consent-of-someone-known': { open: signedInAt(authorizeUrl) },
  'firebase-sign-in': { service: 'firebase', open: firebase },
  'firebase-without-script': { service: 'firebase', profile: { javaScriptEnabled: false }, open: firebase },
  'firebase-says-why': { service: 'firebase', sdk: { code: 'auth/unauthorized-domain' }, open: firebaseSaysWhy },
  'firebase-confirmation': { service: 'firebase', sdk: { token: unsigned }, open: firebaseConfirmation },
};

/** Opens a page of `PAGES` in `person`'s window; what turns out to be an error page is one only if meant to be. */
export async function openPage({ sdk, open, says = /^(?!.*Error \d{3})/s }, person, service) {
  if (sdk) await handsOver(person.context, sdk);
  await open(person.page, service);
  assert.match(await person.page.textContent('main', { timeout: 5000 }), says, person.page.url());
}

function at(path) {
  return (page, service) => page.goto(`${service.issuer}${path}`);
}

async function consent(page, service) {
  await page.goto(await authorizeUrl(service));
}

async function developmentSignIn(page, service) {
  await consent(page, service);
  await press('provider', 'dev')(page);
  await page.waitForSelector('button[name=user]');
}

function signedInAt(place) {
  return async (page, service) => {
    await consent(page, service);
    await signedInFrom(page);
    await page.goto(typeof place === 'string' ? `${service.issuer}${place}` : await place(service));
  };
}

// An app that redeemed its code, and a second way to sign in: everything that has a button.
async function accountWithApps(page, service) {
  let back;
  page.on('request', (request) => { if (request.url().startsWith('http://127.0.0.1:33418/')) back = request.url(); });
  const asked = await authorizeUrl(service);
  await page.goto(asked);
  await signedInFrom(page);
  await redeem(service, new URL(asked).searchParams.get('client_id'), new URL(back).searchParams.get('code'));
  await page.goto(`${service.issuer}/account`);
  await press('add', 'dev')(page);
  await press('user', 'bob')(page);
  await page.waitForSelector('button[name=remove]');
}

async function accountTokenForm(page, service) {
  await signedInAt('/account')(page, service);
  await page.click('summary');
  await page.fill('input[name=name]', 'Nightly report');
  await page.check('input[name="scope:read"]');
}

async function accountTokenMade(page, service) {
  await accountTokenForm(page, service);
  await page.click('button[name=create]');
  await page.waitForSelector('text=cs_pat_');
}

async function accountWithToken(page, service) {
  await accountTokenMade(page, service);
  await page.click('a[href="/account"]');
  await page.waitForSelector('button[name=revoke]');
}

async function signedInFrom(page) {
  await page.route('http://127.0.0.1:33418/**', (route) => route.fulfill({ contentType: 'text/html', body: '<title>the client</title>' }));
  await press('provider', 'dev')(page);
  await page.waitForSelector('button[name=user]');
  await press('user', 'alice')(page);
  await page.waitForURL('http://127.0.0.1:33418/**');
}

async function accountError(page, service) {
  await page.goto(`${service.issuer}/account`);
  await press('sign_in', 'dev')(page);
  await press('user', 'mallory')(page);
  await page.waitForURL('**/callback/dev?**');
}

async function firebase(page, service) {
  await consent(page, service);
  await press('provider', 'firebase')(page);
  await page.waitForSelector('button[data-provider]');
}

async function firebaseSaysWhy(page, service) {
  await firebase(page, service);
  await page.click('button[data-provider]:enabled');
  await status(page, /\S+/);
}

async function firebaseConfirmation(page, service) {
  await firebase(page, service);
  await page.click('button[data-provider]:enabled');
  await page.waitForSelector('button[name=confirm]');
}

// What the emulator would say about a person who signed in just now; the service takes its word.
function unsigned() {
  const now = Math.floor(Date.now() / 1000);
  const firebase = { identities: { 'google.com': ['104'] }, sign_in_provider: 'google.com' };
  const claims = { iss: 'https://securetoken.google.com/demo-countersign', aud: 'demo-countersign', sub: 'uid-ann', user_id: 'uid-ann', auth_time: now, iat: now, exp: now + 3600, name: 'Ann Example', email: 'ann@example.com', email_verified: true, firebase };
  const encoded = [{ alg: 'none', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return `${encoded.join('.')}.`;
}
