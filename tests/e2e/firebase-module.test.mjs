// The decisions of the Firebase page's module, without a browser, against the committed SDK.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';

import { importPageModule } from './lib/page-module.mjs';
import { repository } from './lib/service.mjs';

const HERE = 'https://sign-in.example.com/sign-in/firebase?state=abc';

let module;
before(async () => (module = await importPageModule('sign-in.js')));

test('the page goes on to paths of its own origin', () => {
  assert.equal(module.ownPath('/confirm/firebase?state=abc', HERE), 'https://sign-in.example.com/confirm/firebase?state=abc');
});

for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example/', '\\/evil.example', '/\t/evil.example/', 'javascript:alert(1)', 'confirm', '', null, undefined, 7, { href: '/' }]) {
  test(`the page does not follow an answer to ${JSON.stringify(next)}`, () => {
    assert.equal(module.ownPath(next, HERE), undefined);
  });
}

test('every error that a person can do something about has words of its own', () => {
  const texts = shippedTexts();
  const said = ['popup-blocked', 'popup-closed-by-user', 'user-cancelled', 'unauthorized-domain', 'network-request-failed', 'operation-not-allowed', 'internal-error', 'account-exists-with-different-credential', 'user-disabled'].map((code) => explain(`auth/${code}`, texts));
  assert.equal(new Set(said).size, said.length);
  assert.ok(!said.includes(explain('auth/never-heard-of', texts)));
});

test('a domain that is not authorised is named, and so is the place that authorises it', () => {
  const said = explain('auth/unauthorized-domain', shippedTexts());
  assert.match(said, /sign-in\.example\.com:8443/);
  assert.match(said, /Firebase console.*Authorised domains/);
});

test('an unknown error shows its code, and nothing else of it', () => {
  const error = Object.assign(new Error('a message with eyJ.a.token'), { code: 'auth/never-heard-of' });
  const said = module.explain(error, shippedTexts(), 'x');
  assert.match(said, /auth\/never-heard-of/);
  assert.doesNotMatch(said, /eyJ/);
});

test('what fetch throws when nothing answers is called a network failure', () => {
  const texts = shippedTexts();
  assert.equal(module.explain(new TypeError('Failed to fetch'), texts, 'x'), texts.network);
});

test('a provider id becomes the provider of the SDK', () => {
  const ids = ['google.com', 'facebook.com', 'github.com', 'twitter.com', 'apple.com', 'microsoft.com', 'yahoo.com', 'oidc.acme', 'saml.acme'];
  for (const id of ids) assert.equal(module.providerFor(id).providerId, id);
});

test('the redirect stands in for a blocked popup only where the helper page is on our own host', () => {
  const works = (config) => module.redirectWorks({ emulator: null, ...config }, 'sign-in.example.com');
  assert.ok(works({ authDomain: 'sign-in.example.com' }));
  for (const authDomain of ['project.firebaseapp.com', 'example.com', 'sign-in.example.com.evil.example']) assert.ok(!works({ authDomain }), authDomain);
  assert.ok(!works({ authDomain: 'sign-in.example.com', emulator: 'http://127.0.0.1:9099' }), 'the emulator has the helper page');
});

test('the token travels in the body of a POST that follows no redirect', () => {
  const { body, ...request } = module.tokenRequest('the-state', 'the-token');
  assert.deepEqual(JSON.parse(body), { state: 'the-state', id_token: 'the-token' });
  assert.deepEqual(request, { method: 'POST', headers: { 'content-type': 'application/json', 'x-countersign': 'sign-in' }, credentials: 'same-origin', redirect: 'error' });
});

const explain = (code, texts) => module.explain({ code }, texts, 'sign-in.example.com:8443');

// The table [firebase] of the words, as far as these tests read TOML: one string a line.
function shippedTexts() {
  const table = readFileSync(join(repository, 'templates/text.en.toml'), 'utf8').split('[firebase]')[1].split('\n[')[0];
  return Object.fromEntries([...table.matchAll(/^(\w+) *= (".*")$/gm)].map(([, key, text]) => [key, JSON.parse(text)]));
}
