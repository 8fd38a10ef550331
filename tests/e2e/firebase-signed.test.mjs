// The way of production: no emulator mode, every token is verified by its RS256 signature. The sign-in
// happens at the real emulator, whose token a test key set signs again; in the page, a module of this
// test hands that token over in the place of the SDK, which would talk to Google.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { authorizeUrl } from './lib/authorize.mjs';
import { newPerson, openBrowser, press, signInByHand } from './lib/browser.mjs';
import { status } from './lib/firebase-person.mjs';
import { confirm, startFirebaseService } from './lib/firebase-service.mjs';
import { handsOver } from './lib/firebase-stub.mjs';
import { connectByHand } from './lib/mcp-person.mjs';
import { text } from './lib/tools.mjs';
import { startFirebase } from './providers/firebase.mjs';
import { startSigned } from './providers/firebase-signed.mjs';

let browser, firebase, keys, service;
before(async () => {
  [firebase, keys] = await Promise.all([startFirebase(), startSigned()]);
  service = await startFirebaseService(['mode = "sdk"', 'sign_in = ["google.com"]', 'revocation = "lookup"', `endpoints = { jwks = "${keys.jwks}", toolkit = "${firebase.toolkit}" }`]);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await service?.stop();
  await Promise.all([keys?.stop(), firebase?.stop()]);
});

const toFirebase = press('provider', 'firebase');
const pressGoogle = (page) => page.click('button[data-provider="google.com"]:enabled');

test('an emulator sign-in, signed by RS256, becomes a session and a tool call', async () => {
  const person = await personWith(async () => keys.bridge(await firebase.idToken(ANN)));
  const { client } = await connectByHand(service, person, [toFirebase, pressGoogle, confirm]);
  assert.match(text(await client.callTool({ name: 'whoami' })), /Ann Signed/);
  await client.close();
  await person.context.close();
});

test('the key set is kept: more sign-ins with known keys ask for it no more', async () => {
  await signInOnce();
  const before = keys.fetches;
  await signInOnce();
  assert.equal(keys.fetches, before);
});

test('the page in this mode carries no emulator mark', async () => {
  const person = await personWith(() => 'a.b.c');
  await openFirebasePage(person.page);
  assert.equal(await person.page.locator('.loud').count(), 0);
  await person.context.close();
});

const REFUSED = {
  'the unsigned token of an emulator': async () => firebase.idToken(ANN),
  'a token of another project, properly signed': () => keys.mint({ claims: { aud: 'another-project', iss: 'https://securetoken.google.com/another-project' } }),
  'a token of an older sign-in, refreshed just now': () => keys.mint({ claims: { auth_time: Math.floor(Date.now() / 1000) - 3600 } }),
  'a session cookie': () => keys.mint({ claims: { iss: `https://session.firebase.google.com/${keys.project}` } }),
  'a person whom the project disabled': disabled,
};

for (const [what, token] of Object.entries(REFUSED)) {
  test(`${what} is refused on the page, in words`, async () => {
    const person = await personWith(token);
    await openFirebasePage(person.page);
    await pressGoogle(person.page);
    assert.doesNotMatch(await status(person.page, /^(?!Checking)\S+/), /eyJ/);
    assert.match(person.page.url(), /\/sign-in\/firebase/);
    await person.context.close();
  });
}

const ANN = { sub: '104', name: 'Ann Signed', email: 'ann@example.com', email_verified: true };

async function disabled() {
  const token = await firebase.idToken({ sub: '666', name: 'Dis Abled', email: 'dis@example.com', email_verified: true });
  await firebase.disable(JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).sub);
  return keys.bridge(token);
}

async function personWith(token) {
  const person = await newPerson(browser);
  await handsOver(person.context, { token });
  return person;
}

async function signInOnce() {
  const person = await personWith(async () => keys.bridge(await firebase.idToken(ANN)));
  await signInByHand(person, await authorizeUrl(service), toFirebase, pressGoogle, confirm);
  await person.context.close();
}

async function openFirebasePage(page) {
  await page.goto(await authorizeUrl(service));
  await toFirebase(page);
  await page.waitForURL(/\/sign-in\/firebase\?state=/);
}
