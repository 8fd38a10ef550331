// Every page, as a phone and a desk show it, in the light and in the dark: axe-core finds nothing to say
// against it, a thumb hits what it aims at, and nothing scrolls sideways.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { newPerson, openBrowser } from './lib/browser.mjs';
import { findings, LOOKS } from './lib/inspection.mjs';
import { openPage, PAGES } from './lib/pages.mjs';
import { Services } from './lib/services.mjs';

const services = new Services();
let browser;
before(async () => (browser = await openBrowser()));
after(async () => {
  await browser?.close();
  await services.stop();
});

for (const [name, entry] of Object.entries(PAGES)) {
  // Without JavaScript axe-core cannot run either; the same page is inspected with it.
  if (entry.profile?.javaScriptEnabled === false) continue;
  test(`nobody is locked out of the page ${name}`, async () => {
    const service = await services.get(entry.service);
    for (const { name: look, ...window } of LOOKS) {
      const person = await newPerson(browser, { ...entry.profile, ...window });
      await openPage(entry, person, service);
      assert.deepEqual(await findings(person.page), [], `${look} at ${person.page.url()}`);
      await person.context.close();
    }
  });
}
