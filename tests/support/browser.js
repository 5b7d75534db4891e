// A browser, somebody in it, and what must hold for every page.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { learnt, typed } from './kept.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SCREENSHOTS = fileURLToPath(new URL('../screenshots/', import.meta.url));

export const PHONE = { width: 360, height: 740 };
export const DESK = { width: 1280, height: 900 };

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}

/**
 * A page of somebody with a browser of their own, signed in when `persona` is given. Whatever the browser complains
 * about is kept in `page.complaints`.
 */
export async function open(browser, url, { persona, language = 'nl', viewport = DESK } = {}) {
  const context = await browser.newContext({
    baseURL: url,
    viewport,
    bypassCSP: true,
    reducedMotion: 'reduce',
    locale: language === 'nl' ? 'nl-NL' : 'en-GB',
    timezoneId: 'Europe/Amsterdam',
  });
  context.setDefaultTimeout(10_000);
  context.on('request', (request) => {
    if (request.url().endsWith('/graphql') && request.postData()) typed(request.postDataJSON().variables);
  });
  if (language === 'en') {
    await context.addInitScript(() => localStorage.getItem('leerwerk.locale') ?? localStorage.setItem('leerwerk.locale', 'en'));
  }
  if (persona) {
    const response = await context.request.post('/demo/session', { data: { persona } });
    assert.equal(response.status(), 204);
    for (const { value } of await context.cookies()) learnt('credential', value);
  }
  return newPage(context);
}

/** Another page (a tab) in the same browser. */
export async function newPage(context) {
  const page = await context.newPage();
  page.complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') page.complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  return page;
}

/** Goes to an address and waits until the page is drawn with its data. */
export async function go(page, path) {
  await page.goto(path);
  await page.locator('main h1').first().waitFor();
}

/** Waits until what changed last is drawn and nothing moves any more. */
export function drawn(page) {
  return page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    // What ends may begin something else: inherited colours change one level a frame.
    for (let still = 0; still < 3; still = document.getAnimations().length ? 0 : still + 1) await frame();
  });
}

/** What axe finds against WCAG 2.2 AA and its best practices, one line each. */
export async function violations(page, options = {}) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const { violations: found } = await page.evaluate(
    (given) => globalThis.axe.run(document, { resultTypes: ['violations'], ...given }),
    options,
  );
  return found.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) =>
    `${id}: ${help}: ${target.join(' ')}\n    ${failureSummary.replaceAll('\n', '\n    ')}`));
}

/** How many pixels the page is wider than the window, and the elements that stick out. */
export function overflow(page) {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > clientWidth + 1);
    return [`${scrollWidth} > ${clientWidth}`, ...wide.slice(0, 8).map((each) => each.outerHTML.slice(0, 120))];
  });
}

/** Saves what the page looks like under screenshots/, when asked to by SCREENSHOTS=1. */
export async function picture(page, name) {
  if (!process.env.SCREENSHOTS) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

/** Takes a picture of the page as it stands, and holds it to what must be so of every page. */
export async function looksRight(page, name) {
  await drawn(page);
  await picture(page, name);
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(await overflow(page), []);
}
