// What is kept about oneself, being forgotten, and texts that are taken away (story 10).
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { DESK, go, launch, looksRight, open, PHONE } from './support/browser.js';
import { anyContext, signIn } from './support/graphql.js';
import { press } from './support/keyboard.js';
import { serve } from './support/service.js';

let service, browser, bram, joost, question;

before(async () => {
  service = await serve();
  [bram, joost] = await Promise.all(['bram', 'joost'].map((persona) => signIn(service.url, persona)));
  const { theme } = await anyContext(bram);
  const asked = { title: 'Wie belt de familie na?', body: 'Na een overlijden thuis.', themeIds: [theme.id], anonymous: false };
  ({ question } = await joost.done('askQuestion', asked));
  await bram.done('giveAnswer', { questionId: question.id, body: 'Bij mevrouw Kwikstaartje belde ik zelf.', patientDetailsChecked: true });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

test('a moderator takes away an answer that names a patient; others are not offered it', async (t) => {
  const page = await open(browser, service.url, { persona: 'nadia', viewport: PHONE });
  t.after(() => page.context().close());
  await go(page, `/vragen/${question.id}`);
  const answer = page.locator('article.answer');
  await answer.getByText('Kwikstaartje').waitFor();
  await press(answer.getByRole('button', { name: 'Haal deze tekst weg' }));
  await answer.getByText('De schrijver hoort het.').waitFor();
  await press(answer.getByRole('button', { name: 'Haal voorgoed weg' }));
  await answer.getByRole('alert').or(answer.locator('.error, [id$="-error"]')).first().waitFor();
  await answer.getByLabel('Er is een patiënt of naaste aan te herkennen').focus();
  await page.keyboard.press('Space');
  await looksRight(page, 'redact-360');
  await press(answer.getByRole('button', { name: 'Haal voorgoed weg' }));
  await page.waitForFunction(() => !document.querySelector('main').textContent.includes('Kwikstaartje'));
  assert.equal(await answer.getByRole('button', { name: 'Haal deze tekst weg' }).count(), 0);
  await looksRight(page, 'redacted-360');

  const other = await open(browser, service.url, { persona: 'sanne', viewport: DESK });
  t.after(() => other.context().close());
  await go(other, `/vragen/${question.id}`);
  await other.locator('article.answer').waitFor();
  assert.equal(await other.getByRole('button', { name: 'Haal deze tekst weg' }).count(), 0);
});

test('everything that is kept about oneself comes as a file', async (t) => {
  const page = await open(browser, service.url, { persona: 'bram', viewport: PHONE });
  t.after(() => page.context().close());
  await go(page, '/ik');
  for (const [button, name, text] of [
    ['Haal op om te lezen', 'mijn-gegevens.html', '<h1>Mijn gegevens op Leerwerk</h1>'],
    ['Haal op als bestand voor een programma (JSON)', 'mijn-gegevens.json', '"events":'],
  ]) {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      press(page.getByRole('button', { name: button })),
    ]);
    assert.equal(download.suggestedFilename(), name);
    assert.ok((await readFile(await download.path(), 'utf8')).includes(text));
  }
  await looksRight(page, 'own-data-360');
});

test('one has oneself forgotten: what will happen comes first, then a certificate; the question stays without a name', async (t) => {
  const page = await open(browser, service.url, { persona: 'joost', viewport: PHONE });
  t.after(() => page.context().close());
  await go(page, '/ik');
  await press(page.getByRole('link', { name: 'Laat je gegevens wissen' }));
  await page.getByRole('heading', { level: 2, name: 'Dit gebeurt er' }).waitFor();
  await page.getByText(/\d+ vragen|1 vraag/).first().waitFor();
  await press(page.getByRole('button', { name: 'Wis alles voorgoed' }));
  await page.getByText('Typ het woord WISSEN, in hoofdletters.').first().waitFor();
  await looksRight(page, 'forget-360');
  await page.getByLabel('Ze blijven staan').focus();
  await page.keyboard.press('Space');
  await page.getByLabel('Typ WISSEN om te bevestigen').fill('WISSEN');
  await press(page.getByRole('button', { name: 'Wis alles voorgoed' }));
  await page.getByRole('heading', { level: 1, name: 'De gegevens zijn gewist' }).waitFor();
  await looksRight(page, 'certificate-360');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    press(page.getByRole('button', { name: 'Bewaar dit bewijs' })),
  ]);
  assert.match(await readFile(await download.path(), 'utf8'), /Controlegetal van de geschiedenis: [0-9a-f]{64}/);
  await press(page.getByRole('link', { name: 'Naar het begin' }));
  await page.waitForURL(/\/aanmelden/);

  const other = await open(browser, service.url, { persona: 'sanne', viewport: DESK });
  t.after(() => other.context().close());
  await go(other, `/vragen/${question.id}`);
  await other.getByRole('heading', { level: 1, name: 'Wie belt de familie na?' }).waitFor();
  assert.equal(await other.getByText('Joost').count(), 0);
});

test('an administrator forgets somebody who asks for it', async (t) => {
  const page = await open(browser, service.url, { persona: 'peter', viewport: DESK });
  t.after(() => page.context().close());
  await go(page, '/beheer/wissen');
  const whom = page.getByLabel('Wie vraagt erom?');
  const option = whom.locator('option').filter({ hasText: 'Yasmin' });
  await option.waitFor({ state: 'attached' });
  await whom.selectOption(await option.getAttribute('value'));
  await page.getByRole('heading', { level: 2, name: 'Dit gebeurt er' }).waitFor();
  await looksRight(page, 'forget-other-desk');
  await page.getByLabel('Typ WISSEN om te bevestigen').fill('WISSEN');
  const kept = page.getByLabel('Ze blijven staan');
  if (await kept.count()) await kept.check({ force: true });
  await press(page.getByRole('button', { name: 'Wis alles voorgoed' }));
  await page.getByRole('heading', { level: 1, name: 'De gegevens zijn gewist' }).waitFor();
  await go(page, '/beheer/wissen');
  await whom.locator('option').nth(1).waitFor({ state: 'attached' });
  assert.equal(await option.count(), 0, 'who is gone is not offered');
});
