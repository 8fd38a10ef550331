// What a person meets: the pages in Debian's Chromium, without a network beyond loopback.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { authorizeUrl } from './lib/authorize.mjs';
import { newPerson, openBrowser, press, signInByHand } from './lib/browser.mjs';
import { startService } from './lib/service.mjs';

let browser, service;
before(async () => {
  service = await startService();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

const shapes = {
  'on a phone in the dark': { viewport: { width: 360, height: 740 }, colorScheme: 'dark', hasTouch: true },
  'at a desk in the light': { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  'without JavaScript': { javaScriptEnabled: false },
};

for (const [how, options] of Object.entries(shapes)) {
  test(`a person signs in ${how} and is sent back to the client`, async () => {
    const person = await newPerson(browser, options);
    const redirect = await signInByHand(person, await authorizeUrl(service), fits, press('provider', 'dev'), fits, press('user', 'alice'));
    const { searchParams } = new URL(redirect);
    assert.ok(searchParams.get('code'), redirect);
    assert.equal(searchParams.get('state'), 'the-state');
    assert.equal(searchParams.get('iss'), service.issuer);
    assert.deepEqual(person.complaints, [], 'the browser has nothing to complain about');
    await person.context.close();
  });
}

test('the page names the client, the host it returns to and the scopes in words, before anything is chosen', async () => {
  const { page, context } = await newPerson(browser);
  await page.goto(await authorizeUrl(service));
  const words = await page.textContent('body');
  for (const said of [/A test client/, /127\.0\.0\.1/, /Demo tools/]) assert.match(words, said);
  await context.close();
});

test('a person who cancels is sent back with access_denied, the state and our issuer', async () => {
  const person = await newPerson(browser);
  const { searchParams } = new URL(await signInByHand(person, await authorizeUrl(service), press('cancel', '1')));
  assert.equal(searchParams.get('error'), 'access_denied');
  assert.equal(searchParams.get('state'), 'the-state');
  assert.equal(searchParams.get('iss'), service.issuer);
  await person.context.close();
});

test('the pages ask no other host for anything', async () => {
  const person = await newPerson(browser);
  await person.page.goto(await authorizeUrl(service));
  assert.deepEqual([...person.reached], [new URL(service.issuer).host]);
  await person.context.close();
});

test('an unknown client gets a page, never a redirect', async () => {
  const { page, context } = await newPerson(browser);
  const url = new URL(await authorizeUrl(service));
  url.searchParams.set('client_id', 'nobody');
  const response = await page.goto(url.href);
  assert.equal(response.status(), 400);
  assert.equal(page.url(), url.href);
  await context.close();
});

// Nothing sticks out sideways: what a phone cannot show without scrolling, a person does not read.
async function fits(page) {
  await page.waitForLoadState();
  const { wide, room } = await page.locator('html').evaluate((html) => ({ wide: html.scrollWidth, room: html.clientWidth }));
  assert.ok(wide <= room, `the page is ${wide} pixels wide in a window of ${room}`);
}
