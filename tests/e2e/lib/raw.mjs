// Connections that speak as no client would: bytes of a test's choice, at its pace.

import { connect } from 'node:net';

/** A connection; `closed` resolves to the seconds it was open for, `said` is what arrived. */
export class Raw {
  said = '';
  #timer;

  static async open(issuer, { first = '' } = {}) {
    const { hostname, port } = new URL(issuer);
    const raw = new Raw();
    const began = performance.now();
    raw.socket = connect({ host: hostname, port: Number(port), noDelay: true });
    raw.socket.on('data', (data) => (raw.said += data.toString('latin1')));
    raw.socket.on('error', () => {});
    raw.closed = new Promise((resolve) => raw.socket.once('close', () => resolve((performance.now() - began) / 1000)));
    raw.closed.then(() => clearInterval(raw.#timer));
    await new Promise((resolve, reject) => raw.socket.once('connect', resolve).once('error', reject));
    if (first) raw.socket.write(first);
    return raw;
  }

  /** Sends `text` a byte a second, from the start again when it is at its end. */
  drip(text) {
    let at = 0;
    this.#timer = setInterval(() => this.socket.write(text[at++ % text.length]), 1000);
    return this;
  }

  /** The status of the answer so far, or none. */
  get status() {
    const found = this.said.match(/^HTTP\/1\.1 (\d{3})/);
    return found ? Number(found[1]) : undefined;
  }

  end() {
    this.socket.destroy();
  }
}

/** So many of them, opened in small groups: a listener's queue has an end. */
export async function openMany(count, open) {
  const all = [];
  while (all.length < count) {
    const group = Array.from({ length: Math.min(100, count - all.length) }, (_, index) => open(all.length + index));
    all.push(...(await Promise.all(group)));
  }
  return all;
}
