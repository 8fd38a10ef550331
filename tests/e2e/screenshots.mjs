// Photographs every page at phone and desktop width, light and dark, into target/screenshots/, and prints
// what axe-core and our own measurements find.
//
//   node tests/e2e/screenshots.mjs                 the pages of the program that `cargo build` left
//   node tests/e2e/screenshots.mjs target/pages    the sample pages that
//                                                  `cargo test --test it writes_every_page -- --ignored` wrote

import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

import { newPerson, openBrowser } from './lib/browser.mjs';
import { findings, LOOKS } from './lib/inspection.mjs';
import { listening } from './lib/listening.mjs';
import { openPage, PAGES } from './lib/pages.mjs';
import { repository } from './lib/service.mjs';
import { Services } from './lib/services.mjs';

const OUT = join(repository, 'target/screenshots');
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' };
const POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

const browser = await openBrowser();
const found = [];
let photographs = 0;
mkdirSync(OUT, { recursive: true });
try {
  const [folder] = process.argv.slice(2);
  await (folder ? photographFolder(folder) : photographProgram());
} finally {
  await browser.close();
}
for (const finding of found) console.error(finding);
console.log(`${photographs} screenshots in ${OUT}, ${found.length} findings`);
process.exitCode = found.length ? 1 : 0;

async function photographProgram() {
  const services = new Services();
  try {
    for (const [name, entry] of Object.entries(PAGES)) {
      await everyLook(name, entry.profile, async (person) => openPage(entry, person, await services.get(entry.service)));
    }
  } finally {
    await services.stop();
  }
}

async function photographFolder(folder) {
  const { url, stop } = await listening(createServer((request, response) => serveFile(folder, request, response)));
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.html')).sort()) {
    await everyLook(`sample-${file.replace('.html', '')}`, {}, ({ page }) => page.goto(`${url}/${file}`));
  }
  await stop();
}

// One page that cannot be shown does not keep the others from being photographed.
async function everyLook(name, profile, open) {
  for (const { name: look, ...window } of LOOKS) {
    const person = await newPerson(browser, { ...profile, ...window });
    try {
      await open(person);
      await photograph(person, `${name}-${look}`, profile?.javaScriptEnabled !== false);
    } catch (error) {
      found.push(`${name}-${look}: ${error.message.split('\n')[0]}`);
    }
    await person.context.close();
  }
}

async function photograph({ page, complaints }, name, scripted) {
  await page.screenshot({ path: join(OUT, `${name}.png`), fullPage: true });
  photographs += 1;
  const policy = complaints.filter((line) => /Content Security Policy/.test(line));
  const all = [...policy, ...(scripted ? await findings(page) : [])];
  found.push(...all.map((finding) => `${name}: ${finding}`));
}

function serveFile(folder, { url }, response) {
  const file = join(folder, normalize(new URL(url, 'http://x').pathname));
  const type = TYPES[extname(file)];
  if (!type || !existsSync(file)) return response.writeHead(404).end();
  return response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY }).end(readFileSync(file));
}
