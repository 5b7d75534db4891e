// Who looked at what: an auditor reads all of it, everybody reads what is about themselves. Reading it is written down, too.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DESK, go, launch, looksRight, open, PHONE } from './support/browser.js';
import { anyContext, signIn } from './support/graphql.js';
import { focused, press } from './support/keyboard.js';
import { serve } from './support/service.js';

let service, browser, bram, sanne, position;

before(async () => {
  service = await serve();
  [bram, sanne] = await Promise.all(['bram', 'sanne'].map((persona) => signIn(service.url, persona)));
  const { theme } = await anyContext(sanne);
  const asked = { title: 'Wie kijkt er mee?', body: 'Ik wil weten wie dit leest.', themeIds: [theme.id], anonymous: false };
  ({ position } = await sanne.done('askQuestion', asked));
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

test('an auditor sees who looked at an event, about whom it is, and why they may; and that the auditor reads it', async (t) => {
  const page = await open(browser, service.url, { persona: 'koen', viewport: PHONE });
  t.after(() => page.context().close());
  await go(page, `/spoor/${position}`);
  await press(page.locator('.account summary'));
  await press(page.getByRole('link', { name: 'Wie keek waarnaar' }));
  await page.getByRole('heading', { level: 1, name: 'Wie keek waarnaar' }).waitFor();
  const line = page.getByRole('listitem').filter({ hasText: 'bekeek een gebeurtenis zoals die is vastgelegd' }).first();
  await line.getByText('Koen van Wijk', { exact: true }).waitFor();
  await line.getByText('Sanne van Dijk').waitFor();
  await line.getByRole('link', { name: 'Wie kijkt er mee?' }).waitFor();
  await line.getByText('mag dit als deelnemer').waitFor();
  await page.getByText('Ook dat je dit leest, komt erin te staan.').waitFor();
  await looksRight(page, 'accesslog-360');
  await page.reload();
  await page.getByRole('listitem').filter({ hasText: 'las wie waarnaar keek' }).first().getByText('mag dit als auditor').waitFor();

  // More than fit on a page, about Sanne alone.
  for (let n = 0; n < 25; n++) await bram.ask('query ($position: Position!) { event(position: $position) { type } }', { position });
  await go(page, '/beheer/inzage');
  const about = page.getByLabel('Over wie?');
  await about.locator('option').filter({ hasText: 'Sanne van Dijk' }).waitFor({ state: 'attached' });
  await about.selectOption({ label: `Sanne van Dijk, ${(await sanne.ask('{ viewer { member { organisation { name } } } }')).viewer.member.organisation.name}` });
  await page.waitForURL(/over=member-/);
  const lines = page.getByRole('main').locator('ol > li');
  await page.waitForFunction(() => document.querySelectorAll('main ol > li').length === 20);
  await press(page.getByRole('button', { name: 'Meer laden' }));
  await page.waitForFunction(() => document.querySelectorAll('main ol > li').length > 25);
  assert.equal(await lines.filter({ hasText: 'Sanne van Dijk' }).count(), await lines.count());
  assert.equal(await page.getByRole('button', { name: 'Meer laden' }).count(), 0);
  await page.reload();
  await lines.first().waitFor();
  assert.match(await page.getByLabel('Over wie?').locator('option:checked').innerText(), /^Sanne van Dijk/);
  await page.setViewportSize(DESK);
  await looksRight(page, 'accesslog-about-1280');
  assert.deepEqual(page.complaints, []);
});

test('a member sees who looked at what is about her, and not that she looks herself', async (t) => {
  const page = await open(browser, service.url, { persona: 'sanne', viewport: PHONE });
  t.after(() => page.context().close());
  await go(page, '/ik');
  await press(page.getByRole('button', { name: 'Toon wie er keek' }));
  const region = page.getByRole('region', { name: 'Wie er naar jou keek' });
  await region.getByText('Bram Lubbers').first().waitFor();
  assert.equal(await focused(page), 'Wie er naar jou keek');
  await press(region.getByRole('button', { name: 'Meer laden' }));
  await region.getByRole('listitem').filter({ hasText: 'Koen van Wijk' }).filter({ hasText: 'bekeek een gebeurtenis' }).first().waitFor();
  assert.equal(await region.getByText('Jij', { exact: true }).count(), 0);
  await looksRight(page, 'accesslog-own-360');
  assert.deepEqual(page.complaints, []);
});

test('whoever is looked at by nobody reads so, and the whole log is for auditors', async (t) => {
  const page = await open(browser, service.url, { persona: 'femke', viewport: PHONE });
  t.after(() => page.context().close());
  await go(page, '/ik');
  await press(page.getByRole('button', { name: 'Toon wie er keek' }));
  await page.getByText('Er keek nog niemand').waitFor();
  await looksRight(page, 'accesslog-own-none-360');
  await go(page, '/beheer/inzage');
  await page.getByText('Dit is voor auditors').waitFor();
  await looksRight(page, 'accesslog-not-yours-360');
});
