// Keeping the register: by the programme manager, on a phone and with the keyboard; and looking at it, by anybody.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DESK, drawn, go, launch, open, overflow, PHONE, picture, violations } from './support/browser.js';
import { signIn } from './support/graphql.js';
import { serve } from './support/service.js';

let service, browser, ellen;
before(async () => {
  service = await serve();
  ellen = await signIn(service.url, 'ellen');
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

/** A page of somebody, closed with the test. */
async function pageOf(t, persona, viewport = PHONE) {
  const page = await open(browser, service.url, { persona, viewport });
  t.after(() => page.context().close());
  return page;
}

/** With the keyboard: gives an element the focus and presses a key, or types. */
const press = async (locator, key = 'Enter') => {
  await locator.focus();
  await locator.page().keyboard.press(key);
};
const type = async (locator, text) => {
  await locator.focus();
  await locator.page().keyboard.press('ControlOrMeta+a');
  await locator.page().keyboard.type(text);
};
const focused = (page) => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim());
const row = (page, name) => page.getByRole('listitem').filter({ hasText: name });

/** The day that lies some days ahead, in the Netherlands. */
const ahead = (days) => new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Amsterdam' }).format(Date.now() + days * 86_400_000);

describe('whoever keeps the register', () => {
  test('finds the way in the menu, adds an organisation with the keyboard, renames it and moves it', async (t) => {
    const page = await pageOf(t, 'ellen');
    await go(page, '/');
    await press(page.locator('.account summary'));
    await press(page.getByRole('link', { name: 'Register' }));
    await page.getByRole('heading', { level: 1, name: 'Organisaties' }).waitFor();
    await looksRight(page, 'register-organisations-360');

    await press(page.getByRole('button', { name: 'Voeg een organisatie toe' }));
    await page.waitForFunction(() => document.activeElement?.matches('input[name="name"]'));
    await page.keyboard.press('Enter');
    await page.getByText('Er moeten nog 3 dingen anders').waitFor();
    await looksRight(page, 'register-organisation-missing-360');
    await type(page.getByLabel('Naam', { exact: true }), 'Hospice De Zonnewijzer');
    await type(page.getByLabel('Wat voor organisatie is het?'), 'hospice');
    await type(page.locator('form').getByLabel('Regio'), 'Zeeland');
    await press(page.locator('form').getByLabel('hospice', { exact: true }), ' ');
    await looksRight(page, 'register-organisation-add-360');
    await press(page.getByLabel('Naam', { exact: true }));
    await page.getByText('Hospice De Zonnewijzer staat nu in het register.').first().waitFor();

    await type(page.getByRole('searchbox', { name: 'Zoek op naam' }), 'zonnewijz');
    await page.getByText('1 organisatie', { exact: true }).first().waitFor();
    await row(page, 'Zonnewijzer').getByText('Hospice · Zeeland · zorg: hospice').waitFor();
    await page.reload();
    assert.equal(await page.getByRole('searchbox', { name: 'Zoek op naam' }).inputValue(), 'zonnewijz');
    await page.getByText('1 organisatie', { exact: true }).first().waitFor();

    await press(page.getByRole('button', { name: 'Wijzig Hospice De Zonnewijzer' }));
    await type(page.getByLabel('Nieuwe naam'), 'Hospice De Zonnewijzerplaat');
    await looksRight(page, 'register-organisation-change-360');
    await page.keyboard.press('Enter');
    const renamed = page.getByRole('button', { name: 'Wijzig Hospice De Zonnewijzerplaat' });
    await renamed.waitFor();
    await page.waitForFunction(() => document.activeElement?.matches('li button'));
    assert.equal(await focused(page), 'Wijzig Hospice De Zonnewijzerplaat', 'one goes on where one was');
    await page.keyboard.press('Enter');
    await type(page.getByLabel('Andere regio'), 'Drenthe');
    await press(page.getByRole('button', { name: 'Verhuis naar deze regio' }));
    await row(page, 'Zonnewijzerplaat').getByText('Hospice · Drenthe').waitFor();
    const { organisations } = await ellen.ask('{ organisations { name settings region { name } } }');
    const stored = organisations.find(({ name }) => name === 'Hospice De Zonnewijzerplaat');
    assert.deepEqual(stored, { name: 'Hospice De Zonnewijzerplaat', settings: ['HOSPICE'], region: { name: 'Drenthe' } });
    assert.deepEqual(page.complaints, []);
  });

  test('awards a grant, prolongs it, and ends it before its time', async (t) => {
    const page = await pageOf(t, 'ellen');
    await go(page, '/beheer/toegangsgronden');
    await looksRight(page, 'register-bases-360');
    await page.getByRole('button', { name: 'Voeg een subsidie toe' }).click();
    await page.getByLabel('Nummer van de subsidie').fill('ZP 2026.77');
    await page.getByLabel('Subsidieronde').selectOption({ label: 'Samen Leren, ronde 1' });
    const search = page.getByLabel('Zoek op naam, soort of regio');
    await type(search, 'lichtstee');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Haal weg: Hospice De Lichtstee' }).waitFor();
    await page.getByLabel('Van', { exact: true }).fill(ahead(-10));
    await page.getByLabel('Tot en met', { exact: true }).fill(ahead(-20));
    await page.getByRole('button', { name: 'Voeg subsidie toe' }).click();
    await page.locator('.error').getByText('De laatste dag ligt vóór de eerste.').waitFor();
    await looksRight(page, 'register-award-360');
    await page.getByLabel('Tot en met', { exact: true }).fill(ahead(12));
    await page.getByRole('button', { name: 'Voeg subsidie toe' }).click();
    await page.getByText('ZP202677 staat nu in het register.').first().waitFor();

    await type(page.getByRole('searchbox', { name: 'Zoek op nummer' }), 'zp2026');
    const grant = row(page, /ZP2026/);
    await grant.getByText('nog 12 dagen').waitFor();
    await grant.getByRole('button', { name: 'Wijzig' }).click();
    await page.getByLabel('Tot en met', { exact: true }).fill(ahead(90));
    await page.getByRole('button', { name: 'Bewaar wijziging' }).click();
    await page.getByRole('heading', { level: 2, name: /Geldt nog langer dan 30 dagen/ }).waitFor();

    await grant.getByRole('button', { name: 'Beëindig' }).click();
    await page.getByText('Toegang die hierop rust, stopt na de laatste dag.').waitFor();
    await page.getByLabel('Laatste dag').fill(ahead(-1));
    await page.getByRole('button', { name: 'Beëindig eerder' }).click();
    await page.getByText('Er moet nog één ding anders').waitFor();
    await page.getByLabel('Waarom stopt het eerder?').fill('Het project is eerder klaar.');
    await looksRight(page, 'register-end-360');
    await page.getByRole('button', { name: 'Beëindig eerder' }).click();
    await page.getByRole('heading', { level: 2, name: /Afgelopen/ }).waitFor();
    await grant.getByText('eerder beëindigd', { exact: true }).waitFor();
    await grant.getByText('Het project is eerder klaar.').waitFor();
    await looksRight(page, 'register-ended-360');
    await page.getByLabel('Geldigheid').selectOption('NOW');
    await page.getByText('Niets gevonden').waitFor();
    await looksRight(page, 'register-nothing-360');
    assert.deepEqual(page.complaints, []);
  });

  test('lists a promising project, opens and closes a round', async (t) => {
    const page = await pageOf(t, 'ellen');
    await go(page, '/beheer/toegangsgronden');
    await page.getByRole('button', { name: 'Voeg een kansrijk project toe' }).click();
    await page.getByLabel('Naam', { exact: true }).fill('Samen vooruit in de polder');
    await page.getByRole('button', { name: 'Toon alle organisaties' }).click();
    await page.locator('form').getByLabel(/Hospice De Lichtstee/).check();
    await page.locator('form').getByLabel('CURA').check();
    await page.getByLabel('Van', { exact: true }).fill(ahead(5));
    await page.getByLabel('Tot en met', { exact: true }).fill(ahead(200));
    await page.getByRole('button', { name: 'Voeg project toe' }).click();
    await page.getByText('Samen vooruit in de polder staat nu in het register.').first().waitFor();
    await page.getByRole('heading', { level: 2, name: /Begint later/ }).waitFor();

    await go(page, '/beheer/subsidierondes');
    await page.getByRole('button', { name: 'Open een subsidieronde' }).click();
    await page.getByLabel('Programma en ronde').fill('Samen Leren, ronde 4');
    for (const name of ['CURA', 'DEDICATED', 'PaTz-groepen']) await page.locator('form').getByLabel(name).check();
    await page.getByLabel('Gepland van').fill(ahead(0));
    await page.getByLabel('Tot en met').fill(ahead(180));
    await page.getByRole('button', { name: 'Open subsidieronde' }).click();
    await page.locator('.error').getByText('Kies één of twee interventies.').waitFor();
    await looksRight(page, 'register-round-360');
    await page.locator('form').getByLabel('PaTz-groepen').uncheck();
    await page.getByRole('button', { name: 'Open subsidieronde' }).click();
    await page.getByText('Samen Leren, ronde 4 staat nu in het register.').first().waitFor();
    await page.getByRole('button', { name: 'Sluit Samen Leren, ronde 4' }).click();
    await looksRight(page, 'register-round-close-360');
    await page.getByRole('dialog').getByRole('button', { name: 'Sluit', exact: true }).click();
    await row(page, 'Samen Leren, ronde 4').getByText(/gesloten op/).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Sluit Samen Leren, ronde 4' }).count(), 0);
    assert.deepEqual(page.complaints, []);
  });

  test('forms a collaboration, changes who takes part, adds a region and revises it', async (t) => {
    const page = await pageOf(t, 'ellen');
    await go(page, '/beheer/samenwerkingsverbanden');
    await page.getByRole('button', { name: 'Vorm een samenwerkingsverband' }).click();
    await page.getByLabel('Naam', { exact: true }).fill('Palliatief rond de Eems');
    for (const name of ['Lichtstee', 'Maarvliet']) {
      await type(page.getByLabel('Zoek op naam, soort of regio'), name);
      await page.keyboard.press('Enter');
    }
    await looksRight(page, 'register-collaboration-360');
    await page.getByRole('button', { name: 'Vorm samenwerkingsverband' }).click();
    await page.getByText('Palliatief rond de Eems staat nu in het register.').first().waitFor();
    const eems = row(page, 'Palliatief rond de Eems');
    await eems.getByRole('button', { name: 'Wijzig' }).click();
    await page.getByText('Een samenwerkingsverband heeft minstens twee organisaties.').waitFor();
    await page.getByLabel('Neem er een organisatie bij').selectOption({ label: 'Ziekenhuis De Wierdekring' });
    await page.getByRole('button', { name: 'Neem erbij' }).click();
    await eems.getByText('Wierdekring').waitFor();
    await eems.getByRole('button', { name: 'Wijzig' }).click();
    await looksRight(page, 'register-members-360');
    await page.getByRole('button', { name: 'Haal eruit: Thuiszorg Maarvliet' }).click();
    await eems.getByRole('button', { name: 'Haal eruit: Thuiszorg Maarvliet' }).waitFor({ state: 'detached' });
    assert.equal(await focused(page), 'Wie er meedoen', 'the focus stays in what one was doing');

    await go(page, '/beheer/regios');
    await page.getByRole('button', { name: 'Voeg een regio toe' }).click();
    await page.getByLabel('Naam', { exact: true }).fill('De Wadden');
    await page.locator('form').getByLabel('Consortium').selectOption('LIGARE');
    await page.getByLabel('Inwoners', { exact: false }).first().fill('veel');
    await page.getByRole('button', { name: 'Voeg regio toe' }).click();
    await page.locator('.error').getByText('Schrijf hier een getal, of laat het leeg.').waitFor();
    await page.getByLabel('Inwoners', { exact: false }).first().fill('24.500');
    await page.getByRole('button', { name: 'Voeg regio toe' }).click();
    const wadden = row(page, 'De Wadden');
    await wadden.getByText('24.500 inwoners').waitFor();
    await wadden.getByRole('button', { name: 'Wijzig' }).click();
    await page.getByLabel('Hoe stedelijk is het?').selectOption('NOT');
    await looksRight(page, 'register-region-360');
    await page.getByRole('button', { name: 'Bewaar regio' }).click();
    await wadden.getByText('24.500 inwoners · niet stedelijk').waitFor();
    assert.deepEqual(page.complaints, []);
  });
});

describe('importing a list', () => {
  const names = async () => (await ellen.ask('{ organisations { name } }')).organisations.map(({ name }) => name);
  const file = (text, encoding = 'utf8') => ({ name: 'organisaties.csv', mimeType: 'text/csv', buffer: Buffer.from(text, encoding) });
  // As an older spreadsheet saves it: ë is one byte.
  const LIST = 'naam;soort;regio;settings\r\nHospice De Ooiëvaar;hospice;Zeeland;hospice|thuis\r\nThuiszorg Schorrekruid;kasteel;Zeeland;thuis\r\nHospice De Lichtstee;hospice;Groningen;\r\n';

  test('names the faulty line and stores nothing; corrected, it is all there', async (t) => {
    const page = await pageOf(t, 'ellen');
    await go(page, '/beheer/import');
    await looksRight(page, 'register-import-360');
    const before = await names();

    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download een voorbeeldbestand' }).click();
    const template = await (await download).createReadStream();
    const bytes = [];
    for await (const part of template) bytes.push(part);
    const [columns, example, rest] = Buffer.concat(bytes).toString('utf8').split('\r\n');
    assert.equal(columns, '\ufeffnaam;soort;regio;settings');
    assert.match(example, /^Hospice De Voorbeeldhof;hospice;[^;]+;hospice\|thuis$/);
    assert.equal(rest, '');

    await page.getByRole('button', { name: 'Bekijk wat er gebeurt' }).click();
    await page.locator('.error').getByText('Kies een bestand, of plak de regels.').waitFor();
    await page.getByLabel('Kies het bestand').setInputFiles(file('naam;plaats\nA;B\n'));
    await page.locator('.error').getByText('Op de eerste regel ontbreken deze kolommen: soort, regio.').waitFor();
    await looksRight(page, 'register-import-unreadable-360');

    await page.getByLabel('Kies het bestand').setInputFiles(file(LIST, 'latin1'));
    await page.locator('.said').getByText('1 nieuw, 1 staat er al, 1 met een fout').waitFor();
    await page.getByText('Gelezen: organisaties.csv, 3 regels.').waitFor();
    assert.equal(await focused(page), 'Dit gebeurt er met elke regel');
    const lines = page.getByRole('table').getByRole('row');
    assert.match(await lines.nth(1).innerText(), /3\s+Thuiszorg Schorrekruid\s+soort: Kies uit: ziekenhuis, hospice/);
    assert.match(await lines.nth(2).innerText(), /2\s+Hospice De Ooiëvaar\s+nieuw/);
    assert.equal(await page.getByRole('button', { name: /in het register$/ }).count(), 0, 'what has faults cannot be imported');
    await looksRight(page, 'register-import-faulty-360');
    await page.getByLabel('Toon alleen regels met fouten').check();
    assert.equal(await lines.count(), 2);
    await page.setViewportSize(DESK);
    await looksRight(page, 'register-import-faulty-1280');
    await page.setViewportSize(PHONE);
    assert.deepEqual(await names(), before, 'nothing is stored');

    await press(page.getByRole('button', { name: 'Plak of verbeter de regels' }));
    await page.getByLabel('De regels uit het bestand').fill(LIST.replace('kasteel', 'thuiszorg'));
    await press(page.getByRole('button', { name: 'Bekijk wat er gebeurt' }));
    await page.locator('.said').getByText('2 nieuw, 1 staat er al').waitFor();
    await looksRight(page, 'register-import-right-360');
    await press(page.getByRole('button', { name: 'Zet 2 regels in het register' }));
    await page.getByRole('heading', { name: '2 regels staan nu in het register' }).waitFor();
    assert.equal(await focused(page), '2 regels staan nu in het register');
    await looksRight(page, 'register-imported-360');
    const added = (await names()).filter((name) => !before.includes(name));
    assert.deepEqual(added.sort(), ['Hospice De Ooiëvaar', 'Thuiszorg Schorrekruid']);
    await page.getByRole('link', { name: 'Bekijk de lijst' }).click();
    await page.getByText('Thuiszorg Schorrekruid').waitFor();
    assert.deepEqual(page.complaints, []);
  });

  test('the example of every list can be read', async (t) => {
    const page = await pageOf(t, 'ellen', DESK);
    await go(page, '/beheer/import');
    for (const kind of ['Organisaties', 'Regio’s', 'Subsidies', 'Kansrijke projecten']) {
      await page.locator('form').getByText(kind, { exact: true }).click();
      const href = await page.getByRole('link', { name: 'Download een voorbeeldbestand' }).getAttribute('href');
      const text = decodeURIComponent(href.slice(href.indexOf(',') + 1));
      await page.getByLabel('Kies het bestand').setInputFiles(file(text));
      await page.locator('.said').getByText('1 nieuw', { exact: true }).waitFor();
    }
    await looksRight(page, 'register-import-1280');
  });
});

test('anybody may look at the register; only who keeps it is offered acts', async (t) => {
  const page = await pageOf(t, 'sanne');
  await go(page, '/');
  await page.locator('.account summary').click();
  await page.getByRole('link', { name: 'Profiel en aanmeldingen' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Register' }).count(), 0);
  const places = ['organisaties', 'samenwerkingsverbanden', 'regios', 'subsidierondes', 'toegangsgronden'];
  for (const place of places) {
    await go(page, `/beheer/${place}`);
    await page.locator('main .lines > li').first().waitFor();
    assert.equal(await page.locator('main .lines button').count(), 0, `${place}: no acts in the list`);
    assert.equal(await page.getByRole('button', { name: /^(Voeg|Vorm|Open een)/ }).count(), 0, `${place}: nothing to add`);
    await looksRight(page, `register-${place}-look-360`);
  }
  await page.getByRole('button', { name: /^Register en rollen/ }).click();
  await looksRight(page, 'register-nav-360');
  const nav = page.getByRole('navigation', { name: 'Register en rollen' });
  assert.equal(await nav.getByRole('link').count(), places.length);
  assert.equal(await nav.getByRole('link', { name: 'Toegangsgronden' }).getAttribute('aria-current'), 'page');
  await go(page, '/beheer/import');
  await page.getByText('Lijsten inlezen doet wie het register bijhoudt').waitFor();
  assert.equal(await page.locator('main form').count(), 0);
  await looksRight(page, 'register-import-look-360');
  assert.deepEqual(page.complaints, []);
});
