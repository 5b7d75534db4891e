// Keeping people and roles, as those do who may: in the browser, in Dutch, on a phone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { drawn, go, launch, open, overflow, PHONE, picture, violations } from './support/browser.js';
import { signIn } from './support/graphql.js';
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

const looksRight = async (page, name) => {
  await drawn(page);
  await picture(page, name);
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(await overflow(page), []);
};

describe('whoever keeps people', () => {
  test('finds the way in the menu, and others do not', async () => {
    const page = await open(browser, service.url, { persona: 'ellen', viewport: PHONE });
    await go(page, '/');
    await page.locator('.account summary').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Mensen en rollen' }).click();
    await page.getByRole('heading', { level: 1, name: 'Mensen en rollen' }).waitFor();
    await looksRight(page, 'roles-360');
    await page.context().close();
    const sanne = await open(browser, service.url, { persona: 'sanne' });
    await go(sanne, '/');
    await sanne.locator('.account summary').click();
    await sanne.getByRole('link', { name: 'Profiel en aanmeldingen' }).waitFor();
    assert.equal(await sanne.getByRole('link', { name: 'Mensen en rollen' }).count(), 0);
    await sanne.context().close();
  });

  test('invites somebody, once', async () => {
    const page = await open(browser, service.url, { persona: 'ellen', viewport: PHONE });
    await go(page, '/beheer/rollen');
    const invite = async (name, email) => {
      await page.getByRole('button', { name: 'Nodig iemand uit' }).click();
      await page.getByLabel('Naam', { exact: true }).fill(name);
      await page.getByLabel('E-mailadres').fill(email);
      await page.getByLabel('Waar werkt diegene?').selectOption({ index: 1 });
      await page.getByRole('button', { name: 'Nodig uit', exact: true }).click();
    };
    await invite('Noor de Wit', 'noor.de.wit@nieuw.example');
    await page.getByText('Noor de Wit kan zich nu aanmelden.').first().waitFor();
    await looksRight(page, 'invited-360');
    await invite('Noor Bos', 'Noor.de.Wit@nieuw.example');
    await page.locator('.error').getByText('Er doet al iemand mee met dit e-mailadres.').waitFor();
    await looksRight(page, 'invite-refused-360');
    await page.context().close();
  });

  test('gives a role until a day, sees who had it on an earlier day, and takes it back', async () => {
    const page = await open(browser, service.url, { persona: 'ellen', viewport: PHONE });
    await go(page, '/beheer/rollen');
    await page.getByRole('button', { name: 'Geef iemand een rol' }).click();
    const who = page.getByLabel('Wie?');
    await who.locator('option').nth(20).waitFor({ state: 'attached' });
    const sanne = await who.locator('option').filter({ hasText: 'Sanne van Dijk' }).getAttribute('value');
    await who.selectOption(sanne);
    await page.getByLabel('Welke rol?').selectOption('MODERATOR');
    await page.getByLabel('Waar?').selectOption({ label: 'Groningen' });
    await page.getByLabel('Tot en met').fill('2020-01-01');
    await page.getByRole('button', { name: 'Geef de rol' }).click();
    await page.getByText('Deze einddatum is al voorbij.').first().waitFor();
    await page.getByLabel('Tot en met').fill('2099-06-30');
    await looksRight(page, 'give-role-360');
    await page.getByRole('button', { name: 'Geef de rol' }).click();
    await page.getByText('De rol is gegeven.').first().waitFor();
    const row = page.getByRole('listitem').filter({ hasText: 'Sanne van Dijk' });
    await row.getByText(/Groningen, van .* tot 1 juli 2099/).waitFor();
    const holder = (await (await signIn(service.url, 'sanne')).ask('{ viewer { roles } }')).viewer.roles;
    assert.deepEqual(holder, ['MODERATOR']);

    await page.getByLabel('Op welke dag?').fill('2025-03-03');
    await page.getByText('Zo was het op 3 maart 2025.').waitFor();
    assert.equal(await page.getByRole('listitem').filter({ hasText: 'Sanne van Dijk' }).count(), 0);
    assert.equal(await page.getByRole('button', { name: /^Neem/ }).count(), 0, 'the past is to look at');
    await page.getByRole('button', { name: 'Terug naar nu' }).click();
    await page.getByRole('button', { name: 'Neem de rol moderator terug van Sanne van Dijk' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Neem terug' }).click();
    await page.getByRole('listitem').filter({ hasText: 'Sanne van Dijk' }).waitFor({ state: 'detached' });
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });
});

test('one says who one is, and others see it', async () => {
  const page = await open(browser, service.url, { persona: 'joost', viewport: PHONE });
  await go(page, '/ik');
  await page.getByLabel('Je naam').fill('Joost Veenstra-Bos');
  await page.getByText('Nee', { exact: true }).click();
  await looksRight(page, 'profile-360');
  await page.getByRole('button', { name: 'Bewaar profiel' }).click();
  await page.getByText('Staat erop.').waitFor();
  await page.reload();
  assert.equal(await page.getByLabel('Je naam').inputValue(), 'Joost Veenstra-Bos');
  const sanne = await signIn(service.url, 'sanne');
  const { viewer } = await (await signIn(service.url, 'joost')).ask('{ viewer { member { id } } }');
  const { member } = await sanne.ask('query ($id: ID!) { member(id: $id) { name { text } openToContact } }', { id: viewer.member.id });
  assert.deepEqual(member, { name: { text: 'Joost Veenstra-Bos' }, openToContact: false });
  await page.context().close();
});

test('a project lead invites into the organisations of the project', async () => {
  const sanne = await signIn(service.url, 'sanne');
  const { viewer } = await sanne.ask('{ viewer { projects { id lead { id } } } }');
  const own = viewer.projects.find(({ lead }) => lead.id === sanne.id);
  const page = await open(browser, service.url, { persona: 'sanne', viewport: PHONE });
  await go(page, `/projecten/${own.id}`);
  await page.getByRole('button', { name: 'Nodig iemand uit' }).click();
  await page.getByLabel('Naam', { exact: true }).fill('Bas Hoekstra');
  await page.getByLabel('E-mailadres').fill('bas.hoekstra@nieuw.example');
  const where = page.getByLabel('Waar werkt diegene?');
  if (await where.count()) await where.selectOption({ index: 1 });
  await page.getByRole('button', { name: 'Nodig uit', exact: true }).click();
  await page.getByText('Bas Hoekstra kan zich nu aanmelden.').first().waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
