// What can be measured about a page: axe-core's rules, targets large enough for a thumb, no sideways scrolling.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The four looks of every page. */
export const LOOKS = [390, 1280].flatMap((width) => ['light', 'dark'].map((colorScheme) => ({ name: `${width}-${colorScheme}`, colorScheme, viewport: { width, height: 800 } })));

/** Everything that is wrong with the page, in words; empty when nothing is. */
export async function findings(page) {
  return [...(await violations(page)), ...(await smallTargets(page)), ...(await overflow(page))];
}

// All of axe-core's rules, its best practices beyond WCAG included. The debugger puts it into the page,
// whose own policy forbids the script.
async function violations(page) {
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate(() => globalThis.axe.run());
  return found.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`);
}

// A box is ticked by its whole label; what is folded away is no target.
async function smallTargets(page) {
  const low = await page.$$eval('a, button, summary, select, input:not([type=hidden])', (all, least) => all
    .filter((one) => one.checkVisibility())
    .map((one) => (one.type === 'checkbox' && one.closest('label')) || one)
    .filter((one) => one.getBoundingClientRect().height < least)
    .map((one) => one.textContent.trim()), SMALLEST_TARGET);
  return low.map((text) => `"${text}" is lower than ${SMALLEST_TARGET} px`);
}

async function overflow(page) {
  const size = page.viewportSize();
  await page.setViewportSize({ ...size, width: NARROWEST });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  await page.setViewportSize(size);
  return wide > NARROWEST ? [`${wide} px wide in a window of ${NARROWEST}`] : [];
}

const SMALLEST_TARGET = 44;

// WCAG 1.4.10: nothing scrolls sideways here.
const NARROWEST = 320;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
