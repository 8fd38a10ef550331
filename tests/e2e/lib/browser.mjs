// A person with a browser: Debian's Chromium, headless, that reaches nothing but loopback.

import { existsSync } from 'node:fs';

import { chromium } from 'playwright-core';

/** Opens Chromium; `pages` made by it stay on loopback and keep a list of what they tried to reach. */
export async function openBrowser() {
  const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
  if (!executablePath) throw new Error('no Chromium: install the Debian package `chromium`, or name the program in CHROMIUM');
  return chromium.launch({ executablePath, headless: true, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
}

/** A fresh profile. `reached` lists the hosts its pages asked for, `complaints` what the console said. */
export async function newPerson(browser, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const reached = new Set();
  const complaints = [];
  await context.route((url) => !isLoopback(url), (route) => route.abort());
  context.on('request', (request) => reached.add(new URL(request.url()).host));
  page.on('console', (message) => isComplaint(message) && complaints.push(message.text()));
  return { context, page, reached, complaints };
}

/**
 * Signs in by hand: opens the authorization URL, runs the `steps` on the page, and returns the URL
 * at which the client's redirect URI was called. The browser then shows the client's page.
 */
export async function signInByHand(person, authorizeUrl, ...steps) {
  const target = new URL(authorizeUrl).searchParams.get('redirect_uri');
  const isClient = (url) => url.href.split('?')[0] === target;
  const called = new Promise((resolve) => {
    person.context.route(isClient, (route) => {
      resolve(route.request().url());
      return route.fulfill({ contentType: 'text/html', body: '<title>back at the client</title>' });
    });
  });
  await person.page.goto(String(authorizeUrl));
  for (const step of steps) await step(person.page);
  const url = await within(15_000, called, () => `the client was never called; the page is ${person.page.url()}\n${person.complaints.join('\n')}`);
  // The client's page is on its way: whoever went elsewhere now would be interrupted by it.
  await person.page.waitForURL(isClient);
  return url;
}

/** A step: press the button with this name and value. */
export const press = (name, value) => (page) => page.click(`button[name="${name}"][value="${value}"]`);

function within(ms, promise, why) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(why())), ms)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// The browser asks for an icon that no page names.
const isComplaint = (message) => message.type() === 'error' && !message.location().url.endsWith('/favicon.ico');

const isLoopback = (url) => ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
