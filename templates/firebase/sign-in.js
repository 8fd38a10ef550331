// The Firebase sign-in page: runs the project's popup, hands the ID token to our own server in the body
// of one POST, forgets it, and follows the server to the next page. The token is neither stored nor
// logged nor put into an address.

import { initializeApp } from '/static/firebase-app.js?v=13.2.0';
import {
  FacebookAuthProvider,
  GithubAuthProvider,
  GoogleAuthProvider,
  OAuthProvider,
  SAMLAuthProvider,
  TwitterAuthProvider,
  browserPopupRedirectResolver,
  connectAuthEmulator,
  getRedirectResult,
  inMemoryPersistence,
  initializeAuth,
  signInWithPopup,
  signInWithRedirect,
  signOut,
} from '/static/firebase-auth.js?v=13.2.0';

/** The provider object for an id as the Firebase console writes it. */
export function providerFor(id) {
  const Known = KNOWN[id];
  if (!Known) return id.startsWith('saml.') ? new SAMLAuthProvider(id) : new OAuthProvider(id);
  const provider = new Known();
  // Without this a browser with one Google session never shows which account it uses.
  if (id === 'google.com') provider.setCustomParameters({ prompt: 'select_account' });
  return provider;
}

/** What to tell the person about an error: one of `texts`, with the page's host and the code filled in. */
export function explain(error, texts, host) {
  const code = error?.code ?? error?.name ?? 'unknown';
  return filled(texts[EXPLAINED[code] ?? 'unknown'], { host, code });
}

/** `next` as an address of our own origin, or `undefined` when it leads anywhere else. */
export function ownPath(next, base) {
  if (typeof next !== 'string' || !/^\/(?![/\\])/.test(next)) return undefined;
  const url = new URL(next, base);
  return url.origin === new URL(base).origin ? url.href : undefined;
}

/**
 * Whether a redirect can come back with its result: the SDK's helper page keeps it in the storage of its
 * own host, which browsers partition unless that is the page's host too.
 */
export function redirectWorks({ authDomain, emulator }, hostname) {
  return new URL(emulator ?? `https://${authDomain}`).hostname === hostname;
}

/** The request that carries the ID token to our server. */
export function tokenRequest(state, id_token) {
  return {
    method: 'POST',
    // The header makes another origin ask first (a preflight), and the server refuses it. Left at its
    // default, `mode` is "cors"; with "same-origin" and no referrer the browser would send `Origin: null`.
    headers: { 'content-type': 'application/json', 'x-countersign': 'sign-in' },
    credentials: 'same-origin',
    redirect: 'error',
    body: JSON.stringify({ state, id_token }),
  };
}

// --- the page ----------------------------------------------------------------------------------

function start() {
  const config = data('firebase-config');
  const page = new Page(config, connected(config), data('firebase-texts'));
  for (const button of page.buttons) {
    // The popup opens inside the click: later, a browser takes it for an advertisement.
    button.addEventListener('click', () => page.attempt((auth) => page.popup(auth, button.dataset.provider)));
    button.disabled = false;
  }
  if (redirectWorks(config, location.hostname)) page.attempt(getRedirectResult);
}

function connected({ apiKey, authDomain, projectId, tenantId, emulator }) {
  const app = initializeApp({ apiKey, authDomain, projectId });
  // In memory: `getAuth` would leave a refresh token in the browser's database.
  const auth = initializeAuth(app, { persistence: inMemoryPersistence, popupRedirectResolver: browserPopupRedirectResolver });
  // Its banner needs inline styles, which our policy forbids; the page has a mark of its own.
  if (emulator) connectAuthEmulator(auth, emulator, { disableWarnings: true });
  auth.tenantId = tenantId ?? null;
  return auth;
}

class Page {
  #config;
  #auth;
  #texts;
  #attempts = 0;

  constructor(config, auth, texts) {
    [this.#config, this.#auth, this.#texts] = [config, auth, texts];
  }

  get buttons() {
    return document.querySelectorAll('button[data-provider]');
  }

  /** Runs one way of signing in. Of two attempts only the later one speaks. */
  async attempt(signIn) {
    const mine = ++this.#attempts;
    this.#say('');
    try {
      const signedIn = await signIn(this.#auth);
      if (signedIn) await this.#handOver(signedIn.user);
    } catch (error) {
      if (mine === this.#attempts) this.#say(explain(error, this.#texts, location.host));
    }
  }

  async popup(auth, id) {
    try {
      return await signInWithPopup(auth, providerFor(id));
    } catch (error) {
      if (error.code !== 'auth/popup-blocked' || !redirectWorks(this.#config, location.hostname)) throw error;
      return signInWithRedirect(auth, providerFor(id));
    }
  }

  async #handOver(user) {
    this.#busy(true);
    this.#say(this.#texts.checking);
    try {
      const response = await fetch(this.#config.post, tokenRequest(this.#config.state, await user.getIdToken()));
      await this.#follow(await response.json());
    } finally {
      await signOut(this.#auth);
    }
  }

  #follow({ next, message }) {
    const address = ownPath(next, location.href);
    if (address) return location.assign(address);
    this.#busy(false);
    this.#say(typeof message === 'string' ? message : filled(this.#texts.unknown, { code: 'no-answer' }));
  }

  #busy(busy) {
    for (const button of this.buttons) button.disabled = busy;
  }

  #say(text) {
    document.getElementById('firebase-status').textContent = text;
  }
}

const data = (id) => JSON.parse(document.getElementById(id).textContent);

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

const KNOWN = {
  'facebook.com': FacebookAuthProvider,
  'github.com': GithubAuthProvider,
  'google.com': GoogleAuthProvider,
  'twitter.com': TwitterAuthProvider,
};

// Codes of the SDK, and the names of what `fetch` and `json` throw, to keys of the page's texts.
const EXPLAINED = {
  'auth/account-exists-with-different-credential': 'other_way',
  'auth/admin-restricted-operation': 'not_allowed',
  'auth/cancelled-popup-request': 'cancelled',
  'auth/internal-error': 'not_loaded', // among others: apis.google.com did not answer
  'auth/network-request-failed': 'network',
  'auth/operation-not-allowed': 'not_allowed',
  'auth/popup-blocked': 'popup_blocked',
  'auth/popup-closed-by-user': 'popup_closed',
  'auth/timeout': 'network',
  'auth/unauthorized-domain': 'unauthorized_domain',
  'auth/user-cancelled': 'cancelled',
  'auth/user-disabled': 'disabled',
  TypeError: 'network',
};

if (globalThis.document) start();
