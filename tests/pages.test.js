// Every page, in both languages, wide and narrow, light and dark: nothing for axe to find, nothing sticks out, no complaint
// of the browser, the same again after a reload. And what one does on them that no story tells.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DESK, PHONE, drawn, go, launch, open, overflow, picture, violations } from './support/browser.js';
import { anyContext, signIn } from './support/graphql.js';
import { serve } from './support/service.js';
import { until } from './support/until.js';

let service, browser, sanne, bram, things;

before(async () => {
  service = await serve();
  [sanne, bram] = await Promise.all(['sanne', 'bram'].map((persona) => signIn(service.url, persona)));
  things = await findThings();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

/** Addresses of things that show much: answered, reused, with cycles in every stage. */
async function findThings() {
  const { questions, experiences, knowledgePages, projects } = await sanne.ask(`{
    questions(first: 50) { nodes { id answerCount solved } }
    experiences(first: 50) { nodes { id reuses { at } project { id } } }
    knowledgePages { nodes { id publishedVersion } }
    projects(first: 50) { nodes { id participants { id } bottlenecks { id } cycles { id stage follows { id } } } } }`);
  const own = projects.nodes.filter(({ id }) => sanne.projects.includes(id));
  const project = own.sort((a, b) => b.cycles.length - a.cycles.length)[0];
  const staged = (stage) => projects.nodes.flatMap(({ cycles }) => cycles).find((cycle) => cycle.stage === stage)?.id;
  const began = await sanne.ask(
    'query ($id: ID!) { project(id: $id) { timeline(first: 30, newestFirst: false) { nodes { position } } } }', { id: project.id });
  return {
    past: began.project.timeline.nodes.at(-1).position,
    answered: questions.nodes.find(({ solved }) => solved).id,
    unanswered: (await sanne.ask('{ questions(first: 1, filter: { unanswered: true }) { nodes { id } } }')).questions.nodes[0].id,
    experience: experiences.nodes.sort((a, b) => b.reuses.length - a.reuses.length)[0].id,
    knowledge: knowledgePages.nodes.find(({ publishedVersion }) => publishedVersion > 0).id,
    project: project.id,
    ladderOfFour: projects.nodes.find(({ cycles }) => ladders(cycles).includes(4)).id,
    otherProject: projects.nodes.find(({ id }) => !sanne.projects.includes(id)).id,
    cycle: project.cycles.find(({ stage }) => stage === 'STARTED')?.id ?? project.cycles[0].id,
    decided: staged('DECIDED'),
    abandoned: staged('ABANDONED'),
  };
}

/** How many cycles each ladder of a project has: one cycle and those that followed it, one after the other. */
function ladders(cycles) {
  const after = (id) => cycles.find(({ follows }) => follows?.id === id);
  const count = (cycle) => (cycle ? 1 + count(after(cycle.id)) : 0);
  return cycles.filter(({ follows }) => !follows).map(count);
}

/** Name, who looks, and the address. */
const PAGES = [
  ['sign-in', null, () => '/aanmelden'],
  ['access-ask', null, () => '/toegang'],
  ['access-confirm', null, () => '/toegang/bevestig'],
  ['start', 'sanne', () => '/'],
  ['questions', 'sanne', () => '/vragen'],
  ['questions-filtered', 'joost', () => '/vragen?open=1&thema=van-vroeger'],
  ['question-answered', 'sanne', () => `/vragen/${things.answered}`],
  ['question-unanswered', 'joost', () => `/vragen/${things.unanswered}`],
  ['ask', 'sanne', () => '/vragen/stel'],
  ['experiences', 'sanne', () => '/ervaringen'],
  ['experience', 'sanne', () => `/ervaringen/${things.experience}`],
  ['share', 'sanne', () => '/ervaringen/deel'],
  ['projects', 'sanne', () => '/projecten'],
  ['project-own', 'sanne', () => `/projecten/${things.project}`],
  ['project-other', 'joost', () => `/projecten/${things.otherProject}`],
  ['project-past', 'sanne', () => `/projecten/${things.project}?op=${things.past}`],
  ['project-register', 'sanne', () => '/projecten/nieuw'],
  ['cycle', 'sanne', () => `/pdsa/${things.cycle}`],
  ['cycle-decided', 'koen', () => `/pdsa/${things.decided}`],
  ['cycle-abandoned', 'koen', () => `/pdsa/${things.abandoned}`],
  ['cycle-plan', 'sanne', () => `/projecten/${things.project}/pdsa/nieuw`],
  ['knowledge', 'sanne', () => '/kennis'],
  ['knowledge-page', 'sanne', () => `/kennis/${things.knowledge}`],
  ['knowledge-edit', 'bram', () => `/kennis/${things.knowledge}/bewerken`],
  ['knowledge-new', 'bram', () => '/kennis/nieuw'],
  ['access', 'koen', () => '/ik'],
  ['roles', 'ellen', () => '/beheer/rollen'],
  ['roles-past', 'koen', () => '/beheer/rollen?op=2026-01-05'],
  ['register-organisations', 'ellen', () => '/beheer/organisaties'],
  ['register-found', 'sanne', () => '/beheer/organisaties?zoek=hospice'],
  ['register-collaborations', 'ellen', () => '/beheer/samenwerkingsverbanden'],
  ['register-regions', 'ellen', () => '/beheer/regios'],
  ['register-rounds', 'ellen', () => '/beheer/subsidierondes'],
  ['register-bases', 'ellen', () => '/beheer/toegangsgronden'],
  ['register-bases-soon', 'sanne', () => '/beheer/toegangsgronden?geldigheid=SOON'],
  ['register-import', 'ellen', () => '/beheer/import'],
  ['register-import-look', 'sanne', () => '/beheer/import'],
  ['register-requests', 'ellen', () => '/beheer/aanvragen'],
  ['accesslog', 'koen', () => '/beheer/inzage'],
  ['record', 'koen', () => '/spoor/2500'],
  ['unknown', 'sanne', () => '/bestaat/niet'],
  ['unknown-question', 'sanne', () => '/vragen/question-00000000-0000-7000-8000-000000000000'],
];

for (const language of ['nl', 'en']) {
  describe(`every page in ${language === 'nl' ? 'Dutch' : 'English'}`, () => {
    const pages = new Map();
    after(() => Promise.all([...pages.values()].map((page) => page.context().close())));

    /** The one page of somebody that serves all these tests. */
    async function pageFor(persona) {
      if (!pages.has(persona)) pages.set(persona, await open(browser, service.url, { persona, language }));
      return pages.get(persona);
    }

    for (const [name, persona, address] of PAGES) {
      test(`${name} is accessible, fits a phone and survives a reload`, async () => {
        const page = await pageFor(persona);
        const faults = [];
        const found = (where, list) => faults.push(...list.map((fault) => `${where}: ${fault}`));

        page.complaints.length = 0;
        await page.setViewportSize(DESK);
        await go(page, address());
        const heading = await page.locator('h1').allInnerTexts();
        if (heading.length !== 1) found('wide', [`has ${heading.length} h1: ${heading}`]);
        if ((await page.getAttribute('html', 'lang')) !== language) found('wide', ['has another lang']);
        if (!(await page.title()).includes('leerwerk')) found('wide', [`is titled ${await page.title()}`]);
        await picture(page, `${name}-${language}-1280`);
        found('wide', await violations(page));
        found('wide', await overflow(page));
        if (language === 'nl') {
          await page.emulateMedia({ colorScheme: 'dark' });
          await drawn(page);
          found('dark', await violations(page, { runOnly: ['color-contrast'] }));
          await picture(page, `${name}-${language}-1280-dark`);
          await page.emulateMedia({ colorScheme: 'light' });
        }

        await page.setViewportSize(PHONE);
        await page.reload();
        await page.locator('main h1').first().waitFor();
        const again = await page.locator('h1').allInnerTexts();
        if (String(again) !== String(heading)) found('narrow', [`says "${again}" after a reload, not "${heading}"`]);
        found('narrow', await overflow(page));
        found('narrow', await violations(page));
        await picture(page, `${name}-${language}-360`);
        // That an address is unknown is said in the console too, by the framework.
        found('console', page.complaints.filter((complaint) => name !== 'unknown' || !complaint.includes('Not found: /bestaat/niet')));
        assert.deepEqual(faults, []);
      });
    }
  });
}

/** A page of somebody, closed with the test. */
async function pageOf(t, persona, more = {}) {
  const page = await open(browser, service.url, { persona, ...more });
  t.after(() => page.context().close());
  return page;
}

describe('getting around', () => {
  test('the skip link is the first stop of the keyboard and leads to the content', async (t) => {
    const page = await pageOf(t, 'sanne');
    await go(page, '/vragen');
    await page.keyboard.press('Tab');
    const skip = page.getByRole('link', { name: 'Naar de inhoud' });
    assert.ok(await skip.evaluate((link) => link === document.activeElement));
    assert.ok((await skip.boundingBox()).y >= 0, 'it is seen when it has the focus');
    await picture(page, 'skip-link');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'inhoud');
  });

  test('a question is asked with the keyboard alone', async (t) => {
    const page = await pageOf(t, 'femke');
    await go(page, '/');
    const focus = () => page.evaluate(() => {
      const { activeElement: at } = document;
      if (at === document.body) return '';
      const label = at.getAttribute('aria-label') ?? at.labels?.[0]?.innerText ?? at.innerText ?? '';
      return `${at.closest('fieldset')?.querySelector('legend')?.innerText ?? ''}|${label}`;
    });
    const tabTo = async (pattern) => {
      for (let stops = 0; stops < 60; stops++) {
        if (pattern.test(await focus())) return;
        await page.keyboard.press('Tab');
      }
      assert.fail(`the keyboard does not reach ${pattern}`);
    };
    await tabTo(/Jouw vraag, in je eigen woorden/);
    await page.keyboard.type('Hoe vertel ik het de kinderen?');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/vragen/stel');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await tabTo(/Vertel er wat meer over/);
    await page.keyboard.type('De ouders vragen het ons vaak.');
    await tabTo(/Hoe wil je vragen\?\|Met mijn naam/);
    await tabTo(/Waar gaat het over\?\|/);
    await page.keyboard.press('Space');
    await tabTo(/\|Stel je vraag$/);
    // The link of that name at the top is not the button.
    while ((await page.evaluate(() => document.activeElement.tagName)) !== 'BUTTON') {
      await page.keyboard.press('Tab');
      await tabTo(/\|Stel je vraag$/);
    }
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/vragen\/question-/);
    await page.getByRole('heading', { level: 1, name: 'Hoe vertel ik het de kinderen?' }).waitFor();
    await page.getByText('Jij vroeg dit', { exact: true }).waitFor();
  });

  test('a form that is not complete says what is missing, and the focus goes there', async (t) => {
    const page = await pageOf(t, 'femke');
    await go(page, '/vragen/stel');
    await page.locator('form').getByRole('button', { name: 'Stel je vraag' }).click();
    const summary = page.getByRole('alert');
    await summary.waitFor();
    assert.ok(await summary.evaluate((element) => element === document.activeElement));
    assert.equal(await summary.getByRole('link').count(), 3);
    assert.deepEqual(await violations(page), []);
    await picture(page, 'ask-incomplete');
    await summary.getByRole('link').first().click();
    assert.equal(await page.evaluate(() => document.activeElement.labels?.[0]?.innerText), 'Je vraag in één zin');
  });

  test('what was typed is still there after a reload', async (t) => {
    const page = await pageOf(t, 'femke');
    await go(page, '/vragen/stel');
    await page.getByLabel('Vertel er wat meer over').fill('Dit mag niet verloren gaan.');
    await until('the draft is kept', () => page.evaluate(() => JSON.stringify(localStorage).includes('verloren gaan')));
    await page.reload();
    await page.getByText('We hebben bewaard wat je eerder typte.').waitFor();
    assert.equal(await page.getByLabel('Vertel er wat meer over').inputValue(), 'Dit mag niet verloren gaan.');
  });

  test('the language that one chooses stays, also after a reload and for words of the server', async (t) => {
    const page = await pageOf(t, 'sanne');
    await go(page, `/projecten/${things.project}`);
    await page.locator('summary').filter({ hasText: 'Sanne van Dijk' }).click();
    await picture(page, 'account-menu');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'What happened' }).waitFor();
    const { project } = await (await signIn(service.url, 'sanne', 'en')).ask(
      'query ($id: ID!) { project(id: $id) { timeline(first: 1) { nodes { sentence } } } }', { id: things.project });
    await page.getByText(project.timeline.nodes[0].sentence).first().waitFor();
    await go(page, '/vragen');
    assert.equal(await page.locator('h1').innerText(), 'Questions');
    await page.reload();
    assert.equal(await page.locator('h1').innerText(), 'Questions');
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
  });

  test('whoever is not signed in comes to the page where one signs in, and from there to where one was going', async (t) => {
    const page = await pageOf(t, null);
    const address = `/vragen/${things.answered}`;
    await page.goto(address);
    await page.waitForURL(/\/aanmelden\?naar=/);
    await page.getByRole('button', { name: /Joost Veenstra/ }).click();
    await page.waitForURL(`**${address}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.locator('summary').filter({ hasText: 'Joost Veenstra' }).click();
    await page.getByRole('button', { name: 'Uitloggen' }).click();
    await page.waitForURL('**/aanmelden');
    await page.goto('/vragen');
    await page.waitForURL(/\/aanmelden/);
  });

  test('the sign-in page does not lead to other sites', async (t) => {
    for (const to of ['https://elders.example/', '//elders.example/', 'javascript:alert(1)', '/\\elders.example']) {
      const page = await pageOf(t, null);
      await page.goto(`/aanmelden?naar=${encodeURIComponent(to)}`);
      await page.getByRole('button', { name: /Joost Veenstra/ }).click();
      await page.locator('summary').filter({ hasText: 'Joost Veenstra' }).waitFor();
      assert.equal(new URL(page.url()).origin, service.url);
    }
  });

  test('an unknown address gives a friendly page with a way on', async (t) => {
    const page = await pageOf(t, 'sanne');
    await go(page, '/dit/is/er/niet');
    assert.equal(await page.locator('h1').innerText(), 'Deze pagina vinden we niet');
    await page.getByRole('link', { name: 'Naar Start', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Waar loop je tegenaan?' }).waitFor();
  });
});

describe('reading', () => {
  test('what people wrote is in its own language on a page in the other', async (t) => {
    const page = await pageOf(t, 'sanne', { language: 'en' });
    const said = (selector) => page.locator(selector).first().evaluate((element) => element.closest('[lang]').lang);
    await go(page, `/projecten/${things.project}`);
    assert.deepEqual([await said('h1 span'), await said('.intro .prose'), await said('h2')], ['nl', 'nl', 'en']);
    await go(page, `/vragen/${things.answered}`);
    assert.deepEqual([await said('h1 span'), await said('.answer .prose'), await said('.answer .person')], ['nl', 'nl', 'en']);
    const dutch = await pageOf(t, 'sanne');
    await go(dutch, `/projecten/${things.project}`);
    assert.equal(await dutch.locator('main [lang]').count(), 0, 'what is in the language of the page needs no mark');
  });

  test('a ladder of four climbs in one row on a wide page', async (t) => {
    const page = await pageOf(t, 'sanne');
    await go(page, `/projecten/${things.ladderOfFour}`);
    const boxes = await page.locator('ol.ladder').evaluateAll((all) =>
      all.map((ladder) => [...ladder.querySelectorAll('article')].map((card) => card.getBoundingClientRect().toJSON())));
    const cards = boxes.find(({ length }) => length === 4);
    assert.ok(cards, `no ladder of four among ${boxes.map(({ length }) => length)}`);
    for (const [n, card] of cards.slice(1).entries()) {
      assert.ok(card.left >= cards[n].right, `card ${n + 2} is beside the one before`);
      assert.ok(card.top < cards[n].top, `card ${n + 2} is higher than the one before`);
    }
  });

  test('an event says by name what it touches, and leads there', async (t) => {
    const { project } = await sanne.ask(
      'query ($id: ID!) { project(id: $id) { name { text } timeline(first: 1, newestFirst: false) { nodes { position } } } }',
      { id: things.project });
    const page = await pageOf(t, 'koen');
    await go(page, `/spoor/${project.timeline.nodes[0].position}`);
    const touched = page.locator('ul.concerned');
    const told = await touched.innerText();
    for (const kind of ['Project', 'Deelnemer', 'Organisatie', 'Regio', 'Interventie']) assert.match(told, new RegExp(`^${kind}: \\S`, 'm'));
    assert.ok(told.includes(`Project: ${project.name.text}`));
    assert.ok(!told.includes('Iets dat we niet meer kennen'));
    await touched.getByRole('link', { name: project.name.text }).click();
    await page.waitForURL(`**/projecten/${things.project}`);
    await page.goBack();
    await page.locator('main header').getByRole('link', { name: project.name.text }).click();
    await page.waitForURL(`**/projecten/${things.project}`);
  });
});

describe('what one does', () => {
  test('organisations are found, chosen and taken away again with the keyboard, on a phone', async (t) => {
    const page = await pageOf(t, 'sanne', { viewport: PHONE });
    await go(page, '/projecten/nieuw');
    const field = page.getByRole('group', { name: 'Welke organisaties doen mee?' });
    const chips = field.getByRole('list', { name: 'Gekozen' }).getByRole('listitem');
    const boxes = field.getByRole('checkbox');
    const { organisations, viewer } = await sanne.ask(
      '{ organisations { name region { id } } viewer { member { organisation { name region { id } } } } }');
    const own = viewer.member.organisation;
    const nearby = organisations.filter(({ region }) => region.id === own.region.id);
    assert.equal(await boxes.count(), nearby.length, 'those of the region, not all of the country');
    assert.deepEqual(await chips.allInnerTexts(), [own.name]);

    const search = field.getByLabel('Zoek op naam, soort of regio');
    await search.focus();
    const far = organisations.find(({ name, region }) => region.id !== own.region.id && !nearby.some((near) => near.name === name));
    await page.keyboard.type(far.name.toUpperCase());
    await until('only that is left', async () => (await boxes.count()) === 1);
    await page.keyboard.press('Enter');
    await until('it is chosen', async () => (await chips.count()) === 2);
    assert.deepEqual(await chips.allInnerTexts(), [own.name, far.name]);
    assert.equal(await search.inputValue(), '', 'there is room to look for the next');
    await picture(page, 'project-register-chosen-360');
    assert.deepEqual(await violations(page), []);

    await page.keyboard.press('ArrowDown');
    assert.ok(await boxes.first().evaluate((box) => box === document.activeElement));
    await page.keyboard.press('Space');
    await until('a third is chosen', async () => (await chips.count()) === 3);
    for (let left = 3; left > 0; left--) {
      await chips.first().getByRole('button').press('Enter');
      await until('one less', async () => (await chips.count()) === left - 1);
      const focus = left > 1 ? chips.first().getByRole('button') : search;
      assert.ok(await focus.evaluate((element) => element === document.activeElement), 'the focus stays here');
    }
    await page.getByRole('button', { name: 'Toon ook andere regio’s' }).press('Enter');
    assert.equal(await boxes.count(), organisations.length);
    assert.deepEqual(page.complaints, []);
  });

  test('the focus stays where something happened, when the button for it is gone', async (t) => {
    const { theme } = await anyContext(sanne);
    const { thing } = await sanne.done('askQuestion', {
      title: 'Wie haalt de spullen op?', body: 'Na het overlijden.', themeIds: [theme.id], anonymous: false });
    await bram.done('giveAnswer', { questionId: thing.id, body: 'De thuiszorgwinkel.' });
    const focus = (page) => page.evaluate(() => document.activeElement.innerText.trim());
    const page = await pageOf(t, 'sanne');
    await go(page, `/vragen/${thing.id}`);
    await page.getByRole('button', { name: 'Dit hielp mij' }).press('Enter');
    await page.getByText('Dit antwoord hielp').waitFor();
    await until('it has the focus', async () => (await focus(page)) === 'Dit antwoord hielp');
    await page.getByRole('button', { name: 'Toch niet' }).press('Enter');
    await until('the answer has the focus', async () => (await focus(page)).startsWith('Nuttig'));
    const other = await pageOf(t, 'joost');
    await go(other, `/vragen/${thing.id}`);
    await other.getByRole('button', { name: 'Ik had deze vraag ook' }).press('Enter');
    await until('it has the focus', async () => (await focus(other)) === 'Jij had deze vraag ook');
  });

  test('an experience is shared and stands in the list', async (t) => {
    const page = await pageOf(t, 'femke', { viewport: PHONE });
    await go(page, '/ervaringen');
    await page.getByRole('link', { name: 'Deel een ervaring' }).first().click();
    await page.getByRole('radio', { name: 'Een aanpak' }).check();
    await page.getByLabel('Waar gaat het over, in één zin').fill('Een kaart aan het bed');
    await page.getByLabel('Wat gebeurde er?').fill('We hingen een kaart op met wat **belangrijk** is.');
    await page.getByLabel('Wat hielp, of wat kwam ervan?').fill('Iedereen leest hem.');
    await page.getByRole('group', { name: 'Waar gaat het over?' }).getByRole('checkbox').first().check();
    await picture(page, 'share-filled-360');
    await page.getByRole('button', { name: 'Deel je ervaring' }).click();
    await page.waitForURL(/\/ervaringen\/experience-/);
    await page.getByRole('heading', { level: 1, name: 'Een kaart aan het bed' }).waitFor();
    assert.equal(await page.locator('main strong').filter({ hasText: 'belangrijk' }).count(), 1);
    await go(page, '/ervaringen');
    await page.getByRole('link', { name: 'Een kaart aan het bed' }).waitFor();
    assert.deepEqual(page.complaints, []);
  });

  test('a project goes on a phase; a bottleneck is raised and resolved', async (t) => {
    const context = await anyContext(sanne);
    const { thing } = await sanne.done('registerProject', {
      name: 'Samen aan het bed', aim: 'Iedereen weet wat er is afgesproken.', interventionIds: [context.intervention.id],
      organisationIds: [context.organisation.id], regionId: context.region.id, startsOn: '2026-01-01',
    });
    const page = await pageOf(t, 'sanne');
    await go(page, `/projecten/${thing.id}`);
    await page.getByRole('button', { name: 'Door naar voorbereiding' }).click();
    await page.getByLabel(/^Waarom is het tijd voor deze stap\?/).fill('Iedereen is er klaar voor.');
    await page.locator('form').getByRole('button', { name: 'Door naar voorbereiding' }).click();
    await page.getByRole('button', { name: 'Door naar uitvoering' }).waitFor();

    await page.getByRole('button', { name: 'Meld een knelpunt' }).click();
    await page.getByLabel('Wat staat in de weg?').fill('Niemand heeft tijd op vrijdag.');
    await page.getByRole('radio', { name: 'Tijd en mensen' }).check();
    await picture(page, 'project-raise-bottleneck');
    await page.getByRole('button', { name: 'Meld dit' }).click();
    const bottleneck = page.getByRole('article').filter({ hasText: 'Niemand heeft tijd op vrijdag.' });
    await bottleneck.getByRole('button', { name: 'Dit is opgelost' }).click();
    await bottleneck.getByLabel('Wat hielp?').fill('We doen het op donderdag.');
    await bottleneck.getByRole('button', { name: 'Bewaar de oplossing' }).click();
    await bottleneck.getByText('We doen het op donderdag.').waitFor();
    await picture(page, 'project-bottleneck-resolved');
    assert.deepEqual(await violations(page), []);

    const { project } = await sanne.ask(
      'query ($id: ID!) { project(id: $id) { phase openBottleneckCount bottlenecks { resolution { solution { text } } } } }', { id: thing.id });
    assert.deepEqual(project, {
      phase: 'PREPARATION', openBottleneckCount: 0, bottlenecks: [{ resolution: { solution: { text: 'We doen het op donderdag.' } } }],
    });
    await page.reload();
    const timeline = await page.getByRole('region', { name: 'Wat er gebeurde' }).innerText();
    for (const { sentence } of await sanne.timeline(thing.id)) assert.ok(timeline.includes(sentence), sentence);
    assert.deepEqual(page.complaints, []);
  });

  test('what somebody shared is taken over in a project of one\'s own', async (t) => {
    const { experiences } = await sanne.ask('{ experiences(first: 50) { nodes { id title { text } project { id } reuses { project { id } } } } }');
    const foreign = experiences.nodes.find(({ project, reuses }) =>
      project && !sanne.projects.includes(project.id) && !reuses.some((reuse) => sanne.projects.includes(reuse.project.id)));
    const page = await pageOf(t, 'sanne');
    await go(page, `/ervaringen/${foreign.id}`);
    await page.getByRole('button', { name: 'Probeer dit in mijn project' }).click();
    await page.getByLabel('In welk project?').selectOption(things.project);
    await picture(page, 'experience-try-this');
    await page.getByRole('button', { name: 'Neem over' }).click();
    await page.getByRole('link', { name: 'Naar het project' }).click();
    const section = page.getByRole('region', { name: 'Overgenomen van anderen' });
    await section.getByRole('link', { name: foreign.title.text }).waitFor();
    const { experience } = await sanne.ask(
      'query ($id: ID!) { experience(id: $id) { reuses { project { id } fromProject { id } } } }', { id: foreign.id });
    assert.deepEqual(experience.reuses.at(-1), { project: { id: things.project }, fromProject: { id: foreign.project.id } });
    assert.deepEqual(page.complaints, []);
  });

  test('an editor writes a section, and readers see it only when it is published', async (t) => {
    const [editor, reader] = [await pageOf(t, 'bram'), await pageOf(t, 'sanne')];
    await go(editor, `/kennis/${things.knowledge}`);
    await editor.getByRole('link', { name: 'Bewerk deze pagina' }).click();
    await editor.getByRole('button', { name: 'Onderdeel toevoegen' }).click();
    await editor.getByLabel('Kop', { exact: true }).last().fill('Wat je morgen kunt doen');
    await editor.getByLabel('Tekst', { exact: true }).last().fill('Begin *klein*: één afdeling.');
    await picture(editor, 'knowledge-edit-section');
    await editor.getByRole('button', { name: 'Bewaar dit onderdeel' }).click();
    const section = editor.getByRole('region', { name: 'Wat je morgen kunt doen' });
    await section.waitFor();

    await section.getByRole('button', { name: 'Haal een bron erbij' }).click();
    await section.getByLabel('Zoek een vraag of ervaring').fill('huisarts');
    await section.getByRole('button', { name: /^Haal erbij:/ }).first().click();
    await section.getByRole('heading', { name: 'Waar dit vandaan komt' }).waitFor();
    assert.deepEqual(await violations(editor), []);
    await picture(editor, 'knowledge-edit-cited');

    await go(reader, `/kennis/${things.knowledge}`);
    assert.equal(await reader.getByRole('heading', { name: 'Wat je morgen kunt doen' }).count(), 0, 'not published yet');
    assert.equal(await reader.getByRole('link', { name: 'Bewerk deze pagina' }).count(), 0);
    const { knowledgePage } = await sanne.ask('query ($id: ID!) { knowledgePage(id: $id) { publishedVersion } }', { id: things.knowledge });
    await editor.getByRole('button', { name: 'Publiceer' }).click();
    await editor.getByText('Gepubliceerd. Iedereen ziet nu deze versie.').waitFor();

    await reader.reload();
    await reader.getByRole('heading', { name: 'Wat je morgen kunt doen' }).waitFor();
    await reader.getByText(`Versie ${knowledgePage.publishedVersion + 1}`).waitFor();
    await reader.getByRole('region', { name: 'Wat je morgen kunt doen' }).getByRole('link').first().click();
    await reader.waitForURL(/\/(vragen|ervaringen)\//);
    assert.deepEqual([...editor.complaints, ...reader.complaints], []);
  });
});
