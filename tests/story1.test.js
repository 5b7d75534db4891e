// Story 1: somebody with a grant asks for access, shows that the address is theirs by the link in a mail, and the programme
// decides beside the register. Somebody who pays their own project likewise; a third is refused and reads why. When the
// grant ends, access ends with it, and one reads so. Mail goes through a real SMTP server, signing in through a real
// provider. The tests tell one story and build on one another; one does everything on a phone and with the keyboard.
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { DESK, go, launch, looksRight, open, PHONE } from './support/browser.js';
import { signIn } from './support/graphql.js';
import { focused, press, type } from './support/keyboard.js';
import { mailbox } from './support/mailbox.js';
import { provider } from './support/provider.js';
import { freshDirectory, serve } from './support/service.js';
import { story } from './support/story.js';
import { until } from './support/until.js';

const NOOR = { name: 'Noor de Wit', email: 'noor@lichtstee.example', organisation: 'Hospice De Lichtstee', grant: 'sl-1-003' };
const TOM = { name: 'Tom Bakker', email: 'tom@vechtbocht.example', organisation: 'Vechtbocht', project: 'PaTz langs de Vecht' };
const RIA = { name: 'Ria Vos', email: 'ria@nergens.example', organisation: 'Praktijk Nergenshuizen', grant: 'ZZ 99' };
const DUTCH_DAY = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Amsterdam' });

let service, mail, zorg, browser, ellen, programme, noor;

const step = story();

before(async () => {
  [mail, zorg] = await Promise.all([mailbox(), provider({ noor: { email: NOOR.email, email_verified: true, name: NOOR.name } })]);
  const file = join(freshDirectory(), 'providers.toml');
  writeFileSync(file, zorg.toml('zorg', 'Zorg-ID'));
  chmodSync(file, 0o644);
  service = await serve({ args: ['--mail', mail.url, '--sign-in', file] });
  zorg.knows(service.url, 'zorg');
  zorg.person = 'noor';
  programme = await signIn(service.url, 'ellen');
  browser = await launch();
  [ellen, noor] = await Promise.all([
    open(browser, service.url, { persona: 'ellen', viewport: PHONE }),
    open(browser, service.url, { viewport: PHONE }),
  ]);
});
after(async () => {
  await browser?.close();
  await service?.stop();
  await Promise.all([mail?.stop(), zorg?.stop()]);
});

const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const waiting = async () => (await programme.ask('{ accessRequests { decision { granted } } }')).accessRequests.filter(({ decision }) => !decision).length;
const linkIn = ({ text }) => /http\S+\/toegang\/bevestig#\S+/.exec(text)[0];
const article = (name) => ellen.getByRole('article', { name });

/** Fills in the form and sends it. */
async function ask(page, { name, email, organisation, grant, project }, intervention) {
  await type(page.getByLabel('Je naam'), name);
  await type(page.getByLabel('Je e-mailadres'), email);
  await type(page.getByLabel('Waar werk je?'), organisation);
  if (grant) await type(page.getByLabel('Nummer van de subsidie'), grant);
  if (project) {
    await press(page.getByRole('radio', { name: 'Eigen middelen' }), ' ');
    await type(page.getByLabel('Naam van het project'), project);
  }
  await press(page.getByRole('checkbox', { name: intervention, exact: true }), ' ');
  await press(page.locator('form').getByRole('button', { name: 'Vraag toegang' }));
  await heading(page, 'Kijk in je mailbox');
}

/** Somebody new asks and confirms. */
async function asks(who, intervention) {
  const page = await open(browser, service.url, { viewport: PHONE });
  await go(page, '/toegang');
  await ask(page, who, intervention);
  await page.goto(linkIn(await mail.take(who.email, /Bevestig je aanvraag/)));
  await press(page.getByRole('button', { name: 'Bevestig mijn aanvraag' }));
  await heading(page, 'Je aanvraag is doorgegeven');
  await page.context().close();
}

step('somebody with a grant finds the way from the sign-in page, and asks for access', async () => {
  await go(noor, '/aanmelden');
  await press(noor.getByRole('link', { name: 'Vraag het aan' }));
  await heading(noor, 'Vraag toegang');
  await looksRight(noor, 'story1-ask-360');
  await press(noor.locator('form').getByRole('button', { name: 'Vraag toegang' }));
  await noor.getByText('Er moeten nog 5 dingen anders').waitFor();
  await looksRight(noor, 'story1-ask-incomplete-360');
  await type(noor.getByLabel('Wil je er iets bij vertellen?'), 'We beginnen in maart.');
  await until('the draft is kept', () => noor.evaluate(() => JSON.stringify(localStorage).includes('in maart')));
  await noor.reload();
  assert.equal(await noor.getByLabel('Wil je er iets bij vertellen?').inputValue(), 'We beginnen in maart.');
  await ask(noor, NOOR, 'CURA');
  assert.equal(await focused(noor), 'Kijk in je mailbox');
  await noor.getByText(`We sturen een mail naar ${NOOR.email}.`).waitFor();
  await noor.getByText('De link werkt 2 dagen.').waitFor();
  await looksRight(noor, 'story1-sent-360');
  await press(noor.getByRole('button', { name: 'Verbeter je aanvraag' }));
  assert.equal(await noor.getByLabel('Je e-mailadres').inputValue(), NOOR.email, 'what was sent can be corrected');
  assert.equal(await waiting(), 0, 'nobody sees it before the address is shown to be hers');
  assert.deepEqual(noor.complaints, []);
});

step('opening the link of the mail changes nothing; the button passes the request on, once', async () => {
  const link = linkIn(await mail.take(NOOR.email, /Bevestig je aanvraag/));
  const sent = [];
  noor.on('request', (request) => sent.push(request.postData() ?? ''));
  await noor.goto(link);
  await heading(noor, 'Bevestig je aanvraag');
  await until('the token leaves the address bar', () => !noor.url().includes('#'));
  await looksRight(noor, 'story1-confirm-360');
  assert.ok(!sent.some((body) => body.includes('onfirmAccessRequest')), 'nothing is sent yet');
  assert.equal(await waiting(), 0);
  await press(noor.getByRole('button', { name: 'Bevestig mijn aanvraag' }));
  await heading(noor, 'Je aanvraag is doorgegeven');
  assert.equal(await focused(noor), 'Je aanvraag is doorgegeven');
  await looksRight(noor, 'story1-confirmed-360');
  assert.equal(await waiting(), 1);

  await noor.goto('about:blank');
  await noor.goto(link);
  await press(noor.getByRole('button', { name: 'Bevestig mijn aanvraag' }));
  await heading(noor, 'Deze link werkt niet meer');
  await looksRight(noor, 'story1-link-used-360');
  await noor.reload();
  await heading(noor, 'Hier is een link voor nodig');
  await looksRight(noor, 'story1-no-link-360');
  assert.equal(await waiting(), 1);
  assert.deepEqual(noor.complaints, []);
});

step('the programme sees the request beside the register, and grants it on the grant that she named', async () => {
  await go(ellen, '/beheer/organisaties');
  await press(ellen.getByRole('button', { name: 'Register en rollen' }));
  await press(ellen.getByRole('link', { name: 'Aanvragen' }));
  await heading(ellen, 'Aanvragen');
  const request = article(NOOR.name);
  for (const said of [NOOR.email, 'In het register: Hospice De Lichtstee', 'CURA', 'We beginnen in maart.']) {
    await request.getByText(said).first().waitFor();
  }
  for (const mark of ['zelfde naam of nummer', 'van deze organisatie', 'dekt de interventies', 'loopt nu']) {
    await request.getByText(mark, { exact: true }).waitFor();
  }
  await looksRight(ellen, 'story1-request-360');
  await press(request.getByRole('button', { name: 'Geef toegang' }));
  assert.ok(await request.getByRole('radio', { name: /^SL-1-003/ }).isChecked(), 'the best match is chosen already');
  assert.ok(await request.getByRole('radio', { name: /^Hospice De Lichtstee/ }).isChecked());
  assert.match(await request.getByLabel('Waarom?').inputValue(), /^Subsidie SL-1-003 staat in het register/);
  await looksRight(ellen, 'story1-grant-360');
  await press(request.getByRole('button', { name: `Geef ${NOOR.name} toegang` }));
  await ellen.getByText(`${NOOR.name} heeft toegang en krijgt daarvan bericht per mail.`).first().waitFor();
  assert.match(await focused(ellen), /^Wachten op een besluit/);
  await ellen.getByText('Er wacht niemand').waitFor();
  await press(ellen.getByRole('button', { name: 'Eerdere besluiten (1)' }));
  await ellen.getByText(/^Toegang gegeven/i).waitFor();
  await looksRight(ellen, 'story1-granted-360');
  assert.deepEqual(ellen.complaints, []);
});

step('she reads so in a mail, signs in with that address, and sees on what her access rests', async () => {
  const { text } = await mail.take(NOOR.email, /Je hebt toegang/);
  await noor.goto(/http\S+\/aanmelden/.exec(text)[0]);
  await press(noor.getByRole('link', { name: 'Aanmelden met Zorg-ID' }));
  await heading(noor, 'Waar loop je tegenaan?');
  await go(noor, '/ik');
  await noor.getByText('Subsidie SL-1-003').waitFor();
  await noor.getByText(/^Tot en met /).waitFor();
  await looksRight(noor, 'story1-me-360');
});

step('somebody who pays their own project gets access likewise, until a day', async () => {
  await asks(TOM, 'PaTz-groepen');
  await go(ellen, '/beheer/aanvragen');
  const request = article(TOM.name);
  await request.getByText('eigen middelen: PaTz langs de Vecht').waitFor();
  await press(request.getByRole('button', { name: 'Geef toegang' }));
  assert.ok(await request.getByRole('radio', { name: /^PaTz langs de Vecht/ }).isChecked());
  await request.getByLabel('Laatste dag').fill('2020-01-01');
  await press(request.getByRole('button', { name: `Geef ${TOM.name} toegang` }));
  await ellen.locator('.error').getByText('Deze dag is al voorbij.').waitFor();
  await request.getByLabel('Laatste dag').fill(DUTCH_DAY.format(Date.now() + 60 * 86_400_000));
  await press(request.getByRole('button', { name: `Geef ${TOM.name} toegang` }));
  await ellen.getByText(`${TOM.name} heeft toegang`).first().waitFor();
  await mail.take(TOM.email, /Je hebt toegang/);
});

step('a request that fits nothing is refused, and the applicant reads why', async () => {
  await asks(RIA, 'CURA');
  await ellen.reload();
  const request = article(RIA.name);
  await request.getByText('Geen organisatie met deze naam in het register.').waitFor();
  await request.getByText('Er staat niets in het register dat hierop lijkt.').waitFor();
  await press(request.getByRole('button', { name: 'Wijs af' }));
  await press(request.getByRole('button', { name: 'Wijs de aanvraag af' }));
  await ellen.locator('.error').getByText('Vul dit nog in.').waitFor();
  await type(request.getByLabel('Waarom niet?'), 'Je werkt nog niet met een interventie uit het programma.');
  await looksRight(ellen, 'story1-refuse-360');
  await press(request.getByRole('button', { name: 'Wijs de aanvraag af' }));
  await ellen.getByText(`De aanvraag van ${RIA.name} is afgewezen.`).first().waitFor();
  const { text } = await mail.take(RIA.email, /afgewezen/);
  assert.match(text, /Je werkt nog niet met een interventie uit het programma\./);
});

step('a member who asks again gets access on a further ground rather than a second membership', async () => {
  await asks({ ...TOM, project: undefined, grant: 'SL-1-003' }, 'CURA');
  await ellen.reload();
  const request = article(TOM.name);
  await request.getByText(`${TOM.name} heeft dit e-mailadres al`).waitFor();
  assert.equal(await request.getByRole('button', { name: 'Geef toegang', exact: true }).count(), 0);
  await looksRight(ellen, 'story1-same-address-360');
  await press(request.getByRole('button', { name: `Geef ${TOM.name} toegang` }));
  await press(request.getByRole('button', { name: 'Geef toegang', exact: true }));
  await ellen.getByText('Wijs de aanvraag nog af.').first().waitFor();
  await looksRight(ellen, 'story1-further-360');
  await press(request.getByRole('button', { name: 'Wijs de aanvraag af' }));
  await ellen.getByText(`De aanvraag van ${TOM.name} is afgewezen.`).first().waitFor();
  await ellen.setViewportSize(DESK);
  await press(ellen.getByRole('button', { name: /^Eerdere besluiten/ }));
  await looksRight(ellen, 'story1-decided-1280');
  await ellen.setViewportSize(PHONE);
  assert.deepEqual(ellen.complaints, []);
});

step('when the grant ends, her access ends: the page she has open says so, and what is hers stays', async () => {
  await go(noor, '/vragen');
  await go(ellen, '/beheer/toegangsgronden?zoek=SL-1-003');
  await press(ellen.getByRole('button', { name: /^Deelnemers op SL-1-003/ }));
  await ellen.getByRole('listitem').filter({ hasText: TOM.name }).getByText('heeft ook toegang op een andere grond').waitFor();
  await ellen.getByRole('listitem').filter({ hasText: NOOR.name }).first().waitFor();
  await looksRight(ellen, 'story1-members-360');
  await press(ellen.getByRole('button', { name: 'Beëindig SL-1-003' }));
  await ellen.getByLabel('Laatste dag').fill(DUTCH_DAY.format(Date.now() - 86_400_000));
  await type(ellen.getByLabel('Waarom stopt het eerder?'), 'De subsidie is ingetrokken.');
  await press(ellen.getByRole('button', { name: 'Beëindig eerder' }));
  await ellen.getByText('eerder beëindigd', { exact: true }).waitFor();

  await press(noor.getByRole('link', { name: 'Ervaringen', exact: true }));
  await heading(noor, 'Je toegang is afgelopen');
  assert.equal(await focused(noor), 'Je toegang is afgelopen');
  assert.equal(await noor.getByRole('link', { name: 'Ervaringen', exact: true }).count(), 0, 'there is nowhere to go but to what stays');
  await looksRight(noor, 'story1-ended-360');
  await noor.reload();
  await heading(noor, 'Je toegang is afgelopen');
  await press(noor.getByRole('link', { name: 'Aanmeldingen en gegevens' }));
  await heading(noor, 'Profiel en aanmeldingen');
  await noor.getByText('Je hebt nu geen toegang.').waitFor();
  await looksRight(noor, 'story1-ended-me-360');
  assert.equal(await noor.getByRole('button', { name: 'Maak een sleutel' }).count(), 0);
  await press(noor.getByRole('button', { name: 'Toon wie er keek' }));
  await noor.getByText('gaf toegang').waitFor();
  await go(noor, '/projecten');
  await press(noor.getByRole('link', { name: 'Vraag opnieuw toegang' }));
  await heading(noor, 'Vraag toegang');
  await go(noor, '/');
  await press(noor.getByRole('main').getByRole('button', { name: 'Uitloggen' }));
  await noor.waitForURL('**/aanmelden');
});

step('a member is given access on a ground, and another loses theirs, with a reason', async () => {
  await go(ellen, '/beheer/toegangsgronden?zoek=SL-1-039');
  await press(ellen.getByRole('button', { name: /^Deelnemers op SL-1-039/ }));
  await press(ellen.getByRole('button', { name: 'Deelnemer toevoegen' }));
  const search = ellen.getByLabel('Zoek op naam of organisatie');
  await until('there is somebody to find', async () => {
    await type(search, 'yasmin öz');
    return ellen.getByRole('radio', { name: /^Yasmin Özdemir/ }).count();
  });
  await press(search);
  await press(ellen.getByRole('button', { name: 'Geef toegang', exact: true }));
  await ellen.getByText(/heeft nu ook toegang op deze grond/).first().waitFor({ state: 'attached' });
  const yasmin = await open(browser, service.url, { persona: 'yasmin', viewport: PHONE });
  await go(yasmin, '/ik');
  await yasmin.getByText('Subsidie SL-1-039').waitFor();
  await yasmin.getByText('Je toegang rust op een uitnodiging.').waitFor();
  await looksRight(yasmin, 'story1-invited-and-granted-360');

  await press(ellen.getByRole('button', { name: /^Deelnemers op SL-1-039/ }));
  await press(ellen.getByRole('button', { name: /^Beëindig de toegang van Yasmin Özdemir/ }));
  const dialog = ellen.getByRole('dialog');
  await type(dialog.getByLabel('Waarom?'), 'Het onderzoek is klaar.');
  await looksRight(ellen, 'story1-withdraw-360');
  await press(dialog.getByRole('button', { name: 'Beëindig toegang' }));
  await dialog.waitFor({ state: 'hidden' });
  await go(yasmin, '/');
  await heading(yasmin, 'Je toegang is afgelopen');
  await yasmin.setViewportSize(DESK);
  await looksRight(yasmin, 'story1-ended-1280');
  await yasmin.context().close();
  const again = await open(browser, service.url, { persona: 'yasmin' });
  await go(again, '/kennis');
  await heading(again, 'Je toegang is afgelopen');
  await again.context().close();
});

step('whoever is invited on a ground is told by mail', async () => {
  await go(ellen, '/beheer/rollen');
  await press(ellen.getByRole('button', { name: 'Nodig iemand uit' }));
  await ellen.getByText('Diegene krijgt een mail met hoe je je aanmeldt.').waitFor();
  await type(ellen.getByLabel('Naam', { exact: true }), 'Bo Smit');
  await type(ellen.getByLabel('E-mailadres'), 'bo@kempenkruis.example');
  await ellen.getByLabel('Waar werkt diegene?').selectOption({ label: 'Ziekenhuis Kempenkruis' });
  const search = ellen.getByLabel('Zoek op nummer, naam of organisatie');
  await type(search, 'SL-1-039');
  await press(search);
  await ellen.getByRole('radio', { name: /^SL-1-039/ }).and(ellen.locator(':checked')).waitFor();
  await looksRight(ellen, 'story1-invite-360');
  await press(ellen.getByRole('button', { name: 'Nodig uit', exact: true }));
  await ellen.getByText('Bo Smit kan zich nu aanmelden en krijgt daarvan bericht per mail.').first().waitFor();
  await mail.take('bo@kempenkruis.example', /uitgenodigd/);
  const { accessBases } = await programme.ask('{ accessBases { name members { name { text } } } }');
  assert.ok(accessBases.find(({ name }) => name === 'SL-1-039').members.some(({ name }) => name.text === 'Bo Smit'));
});
