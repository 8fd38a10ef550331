// A clock that jumps two hours forth and back while the service runs: what lives for an hour is judged by the new
// time, and nothing stays broken.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { authorizeUrl } from '../lib/authorize.mjs';
import { CookieJar } from '../lib/cookies.mjs';
import { ask, Others } from '../lib/others.mjs';
import { pause, until } from '../lib/process.mjs';
import { startService } from '../lib/service.mjs';
import { answer, signIn } from '../lib/sign-in.mjs';

/** Debian's package `faketime`, on either kind of processor. */
const LIBRARY = ['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/faketime/libfaketime.so.1`).find(existsSync);

test('a clock that jumps two hours forth and back ends what has expired, and nothing else', { skip: LIBRARY ? false : 'no libfaketime: apt-get install faketime' }, async (t) => {
  const clock = await startClock();
  t.after(() => clock.stop());
  const proxied = { COUNTERSIGN_TRUSTED_PROXIES: '127.0.0.1,::1', COUNTERSIGN_ADDRESS_LIMIT: '3/1m' };
  const service = await startService({ env: { COUNTERSIGN_LOG: 'info,countersign=debug', ...clock.env, ...proxied } });
  t.after(() => service.stop());
  const [others, gone] = [await Others.at(service), await Others.at(service)];
  const before = await others.waits();
  const early = others.tokens.access_token;
  const jar = new CookieJar();
  await signIn(await authorizeUrl(service), { jar });
  assert.equal((await gone.revoke()).status, 200);

  await clock.jump(20 * MINUTES);
  assert.equal(await isKnown(service, jar), true);
  assert.deepEqual([(await others.call()).status, (await gone.call()).status], [200, 401]);

  await pause(HOUSEKEEPING);

  // Forth: an access token lives for an hour, a session for an hour without use, a refresh token for days.
  await clock.jump(140 * MINUTES);
  const ahead = (await seconds(service)) - Date.now() / 1000;
  assert.ok(Math.abs(ahead - 140 * MINUTES) < 60, `the service is ${ahead} s ahead`);
  assert.equal((await others.call()).status, 401, 'the access token has expired');
  assert.equal(await isKnown(service, jar), false, 'the session has expired');
  assert.equal((await others.refresh()).status, 200);
  await others.compare(t, before);
  await others.signIn();
  const late = new CookieJar();
  await signIn(await authorizeUrl(service), { jar: late });
  assert.equal(await isKnown(service, late), true);
  await isLimited(service, '192.0.2.1');
  const future = others.tokens;
  await pause(HOUSEKEEPING);

  // Back: what was issued in the future was not issued yet; the rest is as it was.
  await clock.jump(20 * MINUTES);
  assert.equal((await others.call()).status, 401, 'a token from the future');
  others.tokens = { access_token: early };
  assert.equal((await others.call()).status, 200, 'a token from before, which has not expired');
  await until(async () => (await gone.call()).status === 401, 'a token that was revoked before the jump is refused');
  others.tokens = future;
  assert.equal((await others.refresh()).status, 200, 'a grant from the future');
  await others.compare(t, before);
  await isLimited(service, '192.0.2.2');
  await others.recovers();
  others.logIsClean();
});

/** The clock of a program that is started with `env`: so many seconds ahead. The time it measures goes on as it is. */
async function startClock() {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-clock-'));
  const file = join(folder, 'clock');
  const jump = async (ahead) => {
    await writeFile(`${file}.new`, `+${ahead}\n`);
    await rename(`${file}.new`, file);
  };
  await jump(0);
  const env = { LD_PRELOAD: LIBRARY, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' };
  return { env, jump, stop: () => rm(folder, { recursive: true }) };
}

/** The time there, by the `Date` of an answer. */
const seconds = async (service) => Date.parse((await ask(`${service.issuer}/healthz`)).headers.date) / 1000;

/** Whether the browser of these cookies is signed in. */
async function isKnown(service, jar) {
  const url = `${service.issuer}/account`;
  const { body } = await ask(url, { headers: { accept: 'text/html', ...jar.header(url) } });
  return body.includes('You are signed in here');
}

/** An address is refused after its three requests and told to come back within a minute, whatever the clock says. */
async function isLimited(service, address) {
  const once = () => ask(`${service.issuer}/account`, { headers: { 'x-forwarded-for': address } });
  for (let count = 0; count < 3; count += 1) assert.notEqual((await once()).status, 429);
  const refused = await once();
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers['retry-after']) <= 60, refused.headers['retry-after']);
}

const MINUTES = 60;

/** Long enough for a look at the store, and to forget whatever seems to have lapsed. */
const HOUSEKEEPING = 3000;
