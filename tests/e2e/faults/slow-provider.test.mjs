// An identity provider that answers a byte a second: sign-ins there end with a page, and concern nobody else.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { authorizeUrl } from '../lib/authorize.mjs';
import { Others } from '../lib/others.mjs';
import { until } from '../lib/process.mjs';
import { startService } from '../lib/service.mjs';
import { signIn } from '../lib/sign-in.mjs';
import { CLIENT, startSlowProvider } from '../lib/slow-provider.mjs';

describe('a provider that answers a byte a second', { concurrency: true }, () => {
  for (const path of ['/discovery', '/keys', '/token']) {
    test(`at ${path} costs its own people a few seconds and a page, and nobody else anything`, (t) => slowAt(t, path));
  }
});

async function slowAt(t, path) {
  const provider = await startSlowProvider();
  t.after(() => provider.stop());
  const env = { OIDC_ISSUER: provider.issuer, OIDC_CLIENT_ID: CLIENT.id, OIDC_CLIENT_SECRET: CLIENT.secret, COUNTERSIGN_PROVIDERS: 'dev,oidc' };
  provider.slow.add(path);
  const service = await startService({ env: { ...env, COUNTERSIGN_LOG: 'info,countersign=debug' } });
  t.after(() => service.stop());
  const others = await Others.at(service);
  const before = await others.waits();

  const began = performance.now();
  let waiting = 8;
  const ends = Array.from({ length: waiting }, async () => {
    const page = await throughProvider(service);
    waiting -= 1;
    return { page, seconds: (performance.now() - began) / 1000 };
  });
  await others.compare(t, before);
  await others.signIn();
  t.diagnostic(`${waiting} of ${ends.length} people still wait at ${path}`);
  const ended = await Promise.all(ends);
  const longest = Math.max(...ended.map(({ seconds }) => seconds));
  t.diagnostic(`they were told so after ${longest.toFixed(1)} s at most; ${provider.dripped} requests reached the provider`);
  assert.ok(provider.dripped > 0);
  assert.ok(longest < 20, `${longest} s`);
  for (const { page } of ended) assert.match(page, /^the sign-in stopped: 503 at /);

  provider.slow.clear();
  await others.recovers();
  await until(async () => (await throughProvider(service)).includes('?code='), 'a sign-in at the provider', 30);
  others.logIsClean(CLIENT.secret);
}

/** Where somebody lands who signs in at the slow provider, or the page that they are left with. */
async function throughProvider(service) {
  const url = await authorizeUrl(service);
  return signIn(url, { press: [['provider', 'oidc']] }).catch(({ message }) => message);
}
