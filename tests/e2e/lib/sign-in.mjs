// A person without a browser: reads the pages, presses the buttons, keeps the cookies, follows the redirects.

import { CookieJar } from './cookies.mjs';
import { fields, formWithButton } from './forms.mjs';

/**
 * Walks from an authorization URL to the client's redirect URI and returns the URL it was sent to
 * (which is not fetched). Takes the `dev` provider and `alice` unless told otherwise; a `press`
 * list names the buttons in order.
 */
export async function signIn(authorizeUrl, { user = 'alice', provider = 'dev', press, jar = new CookieJar() } = {}) {
  const target = new URL(authorizeUrl).searchParams.get('redirect_uri');
  const buttons = press ?? [['provider', provider], ['user', user]];
  return walk({ url: String(authorizeUrl), target, buttons: [...buttons], jar });
}

/** A client's own view of the answer: the parameters of the redirect. */
export const answer = (redirect) => Object.fromEntries(new URL(redirect).searchParams);

async function walk({ url, target, buttons, jar }) {
  let request = { method: 'GET' };
  for (let hop = 0; hop < 20; hop += 1) {
    const headers = { accept: 'text/html', ...jar.header(url), ...request.headers };
    const response = await fetch(url, { ...request, headers, redirect: 'manual' });
    jar.keep(url, response.headers);
    const page = await response.text();
    if (isRedirect(response)) {
      url = new URL(response.headers.get('location'), url).href;
      if (isAt(url, target)) return url;
      request = { method: 'GET' };
    } else {
      ({ url, request } = pressButton({ url, response, page, button: buttons.shift() }));
    }
  }
  throw new Error(`more than 20 hops, last at ${url}`);
}

function pressButton({ url, response, page, button }) {
  const where = `${response.status} at ${url}\n${page.slice(0, 2000)}`;
  if (response.status !== 200 || !button) throw new Error(`the sign-in stopped: ${where}`);
  const form = formWithButton(page, ...button);
  if (!form) throw new Error(`no button ${button.join('=')}: ${where}`);
  const action = new URL(form.action || url, url);
  const body = fields(form, ...button);
  if (form.method === 'post') return { url: action.href, request: { method: 'POST', body, headers: provenance(url, action, response) } };
  action.search = body;
  return { url: action.href, request: { method: 'GET' } };
}

// What a browser says about where a form came from. A page that sends no referrer posts from `null`
// (Fetch Standard, "append a request Origin header").
const provenance = (page, action, response) => ({
  origin: response.headers.get('referrer-policy') === 'no-referrer' ? 'null' : new URL(page).origin,
  'sec-fetch-site': new URL(page).origin === action.origin ? 'same-origin' : 'same-site',
});

const isRedirect = (response) => response.status >= 300 && response.status < 400 && response.headers.has('location');

const isAt = (url, target) => url.split('?')[0] === target.split('?')[0];
