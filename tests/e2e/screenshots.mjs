// Photographs every page at phone and desktop width, light and dark, into target/screenshots/, and
// runs axe-core over each where it is installed.
//
//   node tests/e2e/screenshots.mjs http://localhost:8000     a running service with provider dev:
//                                                            home, error, consent, development sign-in
//   node tests/e2e/screenshots.mjs target/pages              the sample pages that
//                                                            `cargo test --test it writes_every_page -- --ignored` wrote
//
// CHROMIUM names the browser (default /usr/bin/chromium), LIBS a folder with node_modules.
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

const HERE = import.meta.dirname;
const OUT = path.join(HERE, '../../target/screenshots');
const WIDTHS = [390, 1280];
const NARROWEST = 320; // WCAG 1.4.10: nothing scrolls sideways here
const SCHEMES = ['light', 'dark'];
const SMALLEST_TARGET = 44;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--no-first-run'];
const POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

const load = createRequire(path.join(process.env.LIBS ?? HERE, 'package.json'));
const { chromium } = load('playwright-core');
const axe = optional(() => fs.readFileSync(load.resolve('axe-core/axe.min.js'), 'utf8'));

const [target] = process.argv.slice(2);
if (!target) { console.error('usage: node screenshots.mjs BASE_URL|FOLDER'); process.exit(2); }

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS,
});
const findings = [];
let photographs = 0;
fs.mkdirSync(OUT, { recursive: true });
try {
  if (/^https?:/.test(target)) await photographService(target.replace(/\/$/, ''));
  else await photographFolder(target);
} finally {
  await browser.close();
}
for (const finding of findings) console.error(finding);
console.log(`${photographs} screenshots in ${path.relative(process.cwd(), OUT)}, ${findings.length} findings${axe ? '' : ' (axe-core is not installed)'}`);
process.exit(findings.length ? 1 : 0);

async function photographFolder(folder) {
  const server = http.createServer((request, response) => {
    const file = path.join(folder, path.normalize(new URL(request.url, 'http://x').pathname));
    const type = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.svg': 'image/svg+xml' }[path.extname(file)];
    const body = type && optional(() => fs.readFileSync(file));
    if (!body) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY }).end(body);
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const base = `http://127.0.0.1:${server.address().port}`;
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.html')).sort();
  await everyLook(async (page, look) => {
    for (const name of names) {
      await page.goto(`${base}/${name}`);
      await photograph(page, `sample-${name.replace('.html', '')}`, look);
    }
  });
  server.close();
}

async function photographService(base) {
  const consent = await consentUrl(base);
  await everyLook(async (page, look) => {
    await page.goto(`${base}/`);
    await photograph(page, 'home', look);
    await page.goto(`${base}/authorize?client_id=nobody&response_type=code`);
    await photograph(page, 'error', look);
    await page.goto(consent);
    await photograph(page, 'consent', look);
    await page.click('button[name=provider][value=dev]');
    await page.waitForSelector('button[name=user]');
    await photograph(page, 'development-sign-in', look);
  });
}

async function consentUrl(base) {
  const redirect_uri = 'http://127.0.0.1:49152/callback';
  const answer = await fetch(`${base}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'Screenshots', redirect_uris: [redirect_uri], token_endpoint_auth_method: 'none' }),
  });
  if (!answer.ok) throw new Error(`POST /register answered ${answer.status}: ${await answer.text()}`);
  const { client_id } = await answer.json();
  const verifier = crypto.randomBytes(32).toString('base64url');
  const code_challenge = crypto.createHash('sha256').update(verifier).digest('base64url');
  const query = new URLSearchParams({
    response_type: 'code', client_id, redirect_uri, state: 'screenshots',
    code_challenge, code_challenge_method: 'S256', resource: `${base}/mcp`,
  });
  return `${base}/authorize?${query}`;
}

async function everyLook(visit) {
  for (const width of WIDTHS) {
    for (const colorScheme of SCHEMES) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
      const page = await context.newPage();
      page.setDefaultTimeout(15000);
      page.on('console', (line) => { if (/Content Security Policy/.test(line.text())) findings.push(line.text()); });
      await visit(page, `${width}-${colorScheme}`);
      await context.close();
    }
  }
}

async function photograph(page, name, look) {
  await page.screenshot({ path: path.join(OUT, `${name}-${look}.png`), fullPage: true });
  photographs += 1;
  await reflows(page, name, look);
  await targetsAreLarge(page, name, look);
  if (axe) await isAccessible(page, name, look);
}

async function reflows(page, name, look) {
  const size = page.viewportSize();
  await page.setViewportSize({ ...size, width: NARROWEST });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide > NARROWEST) findings.push(`${name} ${look}: ${wide} px wide in a window of ${NARROWEST}`);
  await page.setViewportSize(size);
}

async function targetsAreLarge(page, name, look) {
  const small = await page.$$eval('a, button', (all, least) => all
    .filter((one) => one.getBoundingClientRect().height < least).map((one) => one.textContent.trim()), SMALLEST_TARGET);
  for (const text of small) findings.push(`${name} ${look}: "${text}" is lower than ${SMALLEST_TARGET} px`);
}

async function isAccessible(page, name, look) {
  await page.evaluate(axe); // by the debugger, not by the page: its policy forbids scripts
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const { id, help, nodes } of violations) {
    findings.push(`${name} ${look}: ${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`);
  }
}

function optional(read) {
  try { return read(); } catch { return undefined; }
}
