// As much of a browser's cookie jar as a sign-in needs: hosts (not ports), paths, deletion.

export class CookieJar {
  #cookies = [];

  /** Keeps what a response sets. */
  keep(url, headers) {
    for (const line of headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(';').map((part) => part.trim());
      const split = pair.indexOf('=');
      const named = Object.fromEntries(attributes.map((a) => a.split('=')).map(([k, v = '']) => [k.toLowerCase(), v]));
      const cookie = { host: new URL(url).hostname, path: named.path || '/', name: pair.slice(0, split), value: pair.slice(split + 1) };
      this.#cookies = this.#cookies.filter((c) => c.host !== cookie.host || c.path !== cookie.path || c.name !== cookie.name);
      if (!isDeletion(named)) this.#cookies.push(cookie);
    }
  }

  /** The `Cookie` header for a request, or nothing. */
  header(url) {
    const { hostname, pathname } = new URL(url);
    const sent = this.#cookies.filter((c) => c.host === hostname && isUnder(pathname, c.path));
    return sent.length ? { cookie: sent.map((c) => `${c.name}=${c.value}`).join('; ') } : {};
  }
}

const isDeletion = (named) => ('max-age' in named ? Number(named['max-age']) <= 0 : Date.parse(named.expires) < Date.now());

const isUnder = (path, folder) => path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
