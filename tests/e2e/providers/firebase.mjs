// A Firebase project on this computer: the Auth emulator as a child process, and what its REST interface can do.

import { fileURLToPath } from 'node:url';

import { freePort } from '../lib/ports.mjs';
import { printed, start, stop } from '../lib/process.mjs';

/** The project's id; the prefix tells Firebase's tools that no such project exists. */
export const PROJECT = 'demo-countersign';

/** Starts the emulator. */
export async function startFirebase() {
  const port = await freePort();
  const child = start(process.execPath, [fileURLToPath(new URL('firebase-emulator.cjs', import.meta.url)), String(port), PROJECT]);
  await printed(child, /READY/, 60);
  return new Firebase(child, `127.0.0.1:${port}`);
}

class Firebase {
  #child;

  constructor(child, host) {
    this.#child = child;
    this.host = host;
    this.url = `http://${host}`;
    this.toolkit = `${this.url}/identitytoolkit.googleapis.com/v1/`;
  }

  /** Signs a Google account in and returns the ID token, as an app of the project would. */
  async idToken(account) {
    const body = { requestUri: 'http://localhost', returnSecureToken: true, postBody: new URLSearchParams({ providerId: 'google.com', id_token: JSON.stringify(account) }).toString() };
    return (await this.#call('accounts:signInWithIdp?key=any', body)).idToken;
  }

  /** Disables or enables the person with this Firebase uid, as the console does. */
  disable = (localId, disableUser = true) => this.#call(`projects/${PROJECT}/accounts:update`, { localId, disableUser });

  stop = () => stop(this.#child);

  async #call(path, body) {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer owner' };
    const response = await fetch(`${this.toolkit}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
}
