// How long what is kept: those who answer for it and those who check it see what is due and what went, on a phone too.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DESK, go, launch, looksRight, open, PHONE } from './support/browser.js';
import { press } from './support/keyboard.js';
import { serve } from './support/service.js';

let service, browser;

before(async () => {
  service = await serve();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

async function pageOf(t, persona, viewport, language = 'nl') {
  const page = await open(browser, service.url, { persona, viewport, language });
  t.after(() => page.context().close());
  return page;
}

test('an administrator finds the periods in the menu of the register, and reads what is due', async (t) => {
  const page = await pageOf(t, 'peter', PHONE);
  await go(page, '/beheer/rollen');
  await press(page.getByRole('button', { name: /Register en rollen/ }));
  await press(page.getByRole('link', { name: 'Bewaartermijnen' }));
  await page.getByRole('heading', { level: 1, name: 'Bewaartermijnen' }).waitFor();
  const kinds = page.getByRole('table', { name: 'Wat we hoe lang bewaren' });
  assert.equal(await kinds.getByRole('row').count(), 10);
  const members = kinds.getByRole('row').filter({ hasText: 'Gegevens van oud-deelnemers' });
  await members.getByRole('cell', { name: '5 jaar' }).waitFor();
  await kinds.getByRole('row').filter({ hasText: 'Aanvragen zonder toegang' }).getByRole('cell', { name: '1 jaar' }).waitFor();
  await kinds.getByRole('row').filter({ hasText: 'Toegang voor programma’s' }).getByText('heeft een eigen einde').waitFor();
  const runs = page.getByRole('table', { name: 'Wat er wegging' });
  await runs.getByRole('row').nth(1).waitFor();
  await looksRight(page, 'retention-360');
  await page.setViewportSize(DESK);
  await looksRight(page, 'retention-1280');
  assert.deepEqual(page.complaints, []);
});

test('an auditor sees it in English, and so does the programme manager', async (t) => {
  for (const persona of ['koen', 'ellen']) {
    const page = await pageOf(t, persona, DESK, 'en');
    await go(page, '/beheer/bewaartermijnen');
    await page.getByRole('heading', { level: 1, name: 'Retention periods' }).waitFor();
    await page.getByRole('table', { name: 'What we keep, and how long' }).getByText('5 years').first().waitFor();
    await looksRight(page, `retention-${persona}-en-1280`);
    assert.deepEqual(page.complaints, []);
  }
});

test('whoever has nothing to do with it reads for whom it is, and finds no link', async (t) => {
  const page = await pageOf(t, 'sanne', PHONE);
  await go(page, '/beheer/organisaties');
  await press(page.getByRole('button', { name: /Register en rollen/ }));
  assert.equal(await page.getByRole('link', { name: 'Bewaartermijnen' }).count(), 0);
  await go(page, '/beheer/bewaartermijnen');
  await page.getByText('Dit is voor beheerders, programmamanagers en auditors').waitFor();
  await looksRight(page, 'retention-not-yours-360');
});
