// A person at the Firebase page: their browser has Google's api.js from a stub, and the emulator's own
// pages for choosing an account.

import { fileURLToPath } from 'node:url';

import { newPerson } from './browser.mjs';

/** A fresh profile in which `https://apis.google.com/js/api.js` is answered by `providers/gapi-stub.js`. */
export async function newFirebasePerson(browser, options) {
  const person = await newPerson(browser, options);
  await person.context.route(/^https:\/\/apis\.google\.com\/js\/api\.js/, (route) => route.fulfill({ contentType: 'text/javascript', path: stub }));
  return person;
}

/** A step: press the provider's button and choose a new account in the popup. */
export const signInAtPopup = (name, email, provider = 'google.com') => async (page) => {
  const popup = await openPopup(page, provider);
  await Promise.all([popup.waitForEvent('close'), chooseNewAccount(popup, name, email)]);
};

/** Fills in the emulator's page for an account that does not exist yet. */
export async function chooseNewAccount(page, name, email) {
  await page.click('.js-new-account');
  await page.fill('#email-input', email);
  await page.fill('#display-name-input', name);
  await page.click('#sign-in');
}

/** Presses the provider's button; the popup it opens. */
export async function openPopup(page, provider = 'google.com') {
  const [popup] = await Promise.all([page.waitForEvent('popup'), page.click(`button[data-provider="${provider}"]:enabled`)]);
  return popup;
}

/** What the page says about the sign-in, once it matches. */
export const status = (page, pattern, timeout = 20_000) =>
  page.locator('#firebase-status').filter({ hasText: pattern }).textContent({ timeout });

const stub = fileURLToPath(new URL('../providers/gapi-stub.js', import.meta.url));
