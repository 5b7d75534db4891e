// Finding a colleague who is open to contact: on a phone and with the keyboard, by what they do and where.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DESK, go, launch, looksRight, open, PHONE } from './support/browser.js';
import { press, type } from './support/keyboard.js';
import { serve } from './support/service.js';
import { until } from './support/until.js';

let service, browser, sanne;

before(async () => {
  service = await serve();
  browser = await launch();
  sanne = await open(browser, service.url, { persona: 'sanne', viewport: PHONE });
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

const rows = (page) => page.getByRole('main').getByRole('article');

test('those who are open to contact are there, each with what they work on', async () => {
  await go(sanne, '/');
  await press(sanne.getByRole('link', { name: 'Mensen', exact: true }));
  await sanne.getByRole('heading', { level: 1, name: 'Mensen' }).waitFor();
  assert.equal(await rows(sanne).count(), 20);
  await looksRight(sanne, 'colleagues-360');
  await press(sanne.getByRole('button', { name: /^Meer/ }));
  await until('more are shown', async () => (await rows(sanne).count()) > 20);
  assert.deepEqual(sanne.complaints, []);
});

test('one finds somebody by a part of their name or organisation, and by what they do', async () => {
  const first = await rows(sanne).first().getByRole('heading').innerText();
  const [name] = first.split(',');
  await type(sanne.getByRole('searchbox', { name: 'Naam of organisatie' }), name);
  await until('only they are left', async () => (await rows(sanne).count()) < 20);
  assert.match(await rows(sanne).first().innerText(), new RegExp(name));
  assert.match(sanne.url(), /zoek=/);
  await sanne.reload();
  assert.equal(await sanne.getByRole('searchbox').inputValue(), name);
  await type(sanne.getByRole('searchbox'), 'zzzz');
  await sanne.getByText('Niemand gevonden').waitFor();
  await looksRight(sanne, 'colleagues-none-360');
  await go(sanne, '/mensen');
  await press(sanne.getByRole('button', { name: 'Filters' }), 'Enter');
  await sanne.getByRole('combobox', { name: 'Interventie' }).selectOption({ label: 'CURA' });
  const all = (pattern) => async () => {
    const texts = await rows(sanne).allInnerTexts();
    return texts.length && texts.every((text) => pattern.test(text));
  };
  await until('all of them work on it', all(/CURA/));
  await sanne.getByRole('combobox', { name: 'Fase' }).selectOption({ label: 'Borging' });
  await until('all of them are in that phase with it', all(/CURA.*borging/));
  await sanne.getByRole('combobox', { name: 'Fase' }).selectOption({ label: 'Alle fasen' });
  await sanne.getByRole('combobox', { name: 'Soort organisatie' }).selectOption({ label: 'ziekenhuis' });
  await until('all of them work there', all(/[Zz]iekenhuis|UMC|Medisch/));
  await looksRight(sanne, 'colleagues-filtered-360');
  await sanne.setViewportSize(DESK);
  await go(sanne, '/mensen');
  await looksRight(sanne, 'colleagues-1280');
  assert.deepEqual(sanne.complaints, []);
});
