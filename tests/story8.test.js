// Story 8: three PDSA cycles in a ramp. Each has its prediction before it starts; a late prediction is refused, and so
// is whatever comes before its time. The last cycle adopts the change. The first and third cycle go through GraphQL, the
// second through the browser. The tests tell one story and build on one another.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { go, launch, newPage, open, picture } from './support/browser.js';
import { anyContext, signIn } from './support/graphql.js';
import { serve } from './support/service.js';
import { story } from './support/story.js';
import { until } from './support/until.js';

const CHANGE = 'We plannen het gesprek al bij opname';
const STATE = `id version number stage follows { id } prediction { text } predictedAt startedAt
  observations { text { text } asPlanned } result { predictionMet } decision { decision }`;

let service, browser, sanne, page, project, first, second, third;
const step = story();

before(async () => {
  service = await serve();
  sanne = await signIn(service.url, 'sanne');
  browser = await launch();
  page = await open(browser, service.url, { persona: 'sanne' });
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

const cycle = async (id) => (await sanne.ask(`query ($id: ID!) { cycle(id: $id) { ${STATE} } }`, { id })).cycle;

/** Tries what must be refused with this code and this Dutch sentence, and sees that nothing changed. */
async function refused(mutation, input, code, sentence) {
  const { cycleId } = input;
  const [head, state] = [await sanne.head(), cycleId && (await cycle(cycleId))];
  const result = await sanne.act(mutation, input);
  assert.deepEqual([result.code, result.message], [code, sentence]);
  assert.equal(await sanne.head(), head, 'something was recorded');
  if (cycleId) assert.deepEqual(await cycle(cycleId), state);
}

step('a project begins in its first phase, and a phase cannot be skipped', async () => {
  const { organisation, intervention, region } = await anyContext(sanne);
  const registered = await sanne.done(
    'registerProject',
    {
      name: 'Gesprek bij opname', aim: 'Iedereen heeft binnen drie dagen een gesprek gehad.',
      interventionIds: [intervention.id], organisationIds: [organisation.id], regionId: region.id, startsOn: '2026-09-01',
    },
    'id phase lead { id }',
  );
  project = registered.thing.id;
  assert.deepEqual([registered.thing.phase, registered.thing.lead.id], ['ORIENTATION', sanne.id]);
  await refused(
    'advancePhase', { projectId: project, to: 'IMPLEMENTATION', note: 'Snel door.' }, 'NOT_THE_NEXT_PHASE',
    'Het project is in de fase verkenning. Daarna komt voorbereiding; je kunt die fase niet overslaan.',
  );
  const { thing } = await sanne.done('advancePhase', { projectId: project, to: 'PREPARATION', note: 'Iedereen doet mee.' }, 'phase');
  assert.equal(thing.phase, 'PREPARATION');
});

step('the first cycle is planned without a prediction, and does not start without one', async () => {
  const planned = await sanne.done(
    'planCycle',
    { projectId: project, aim: 'Acht van de tien gesprekken', change: CHANGE, plan: 'Twee weken op één afdeling.', starts: '2026-09-07', ends: '2026-09-20' },
    STATE,
  );
  first = planned.thing.id;
  assert.deepEqual([planned.thing.number, planned.thing.stage, planned.thing.follows], [1, 'PLANNED', null]);
  await refused('startCycle', { cycleId: first }, 'NO_PREDICTION', 'Er is nog geen voorspelling. Schrijf eerst op wat je verwacht.');
  await refused(
    'logPdsaResult', { cycleId: first, result: 'Goed', learned: 'Veel', predictionMet: 'MET' }, 'NOT_STARTED',
    'De cyclus is nog niet gestart. Start de cyclus eerst.',
  );
  await refused(
    'recordObservation', { cycleId: first, text: 'Te vroeg', asPlanned: true }, 'NOT_STARTED',
    'De cyclus is nog niet gestart. Start de cyclus eerst.',
  );
  await refused(
    'decideCycle', { cycleId: first, decision: 'ADOPT' }, 'NO_RESULT',
    'De cyclus heeft nog geen resultaat. Schrijf eerst op wat eruit kwam.',
  );
});

step('a prediction can be changed until the cycle starts; a late one is refused in plain Dutch', async () => {
  await sanne.done('makePrediction', { cycleId: first, prediction: 'Zes van de tien gesprekken zijn op tijd.' });
  await sanne.done('makePrediction', { cycleId: first, prediction: 'Acht van de tien gesprekken zijn op tijd.' });
  await sanne.done('startCycle', { cycleId: first });
  await refused(
    'makePrediction', { cycleId: first, prediction: 'Vijf van de tien.' }, 'AFTER_START',
    'De cyclus is al gestart. Een voorspelling kun je alleen vóór de start opschrijven of aanpassen.',
  );
  const state = await cycle(first);
  assert.equal(state.prediction.text, 'Acht van de tien gesprekken zijn op tijd.');
  assert.ok(state.predictedAt < state.startedAt, 'the log proves that the prediction came first');
});

step('the first cycle is observed, studied and decided: adapt', async () => {
  await sanne.done('recordObservation', { cycleId: first, text: 'Op vrijdag lukte het niet.', asPlanned: false });
  await sanne.done('logPdsaResult', { cycleId: first, result: 'Vijf van de tien.', learned: 'Op vrijdag is er niemand.', predictionMet: 'NOT_MET' });
  await refused(
    'recordObservation', { cycleId: first, text: 'Nog iets', asPlanned: true }, 'AFTER_RESULT',
    'De cyclus heeft al een resultaat. Een waarneming kun je alleen vóór het resultaat opschrijven.',
  );
  await sanne.done('decideCycle', { cycleId: first, decision: 'ADAPT', reason: 'We plannen op donderdag vooruit.' });
  await refused(
    'decideCycle', { cycleId: first, decision: 'ADOPT' }, 'ALREADY_DECIDED',
    'Over deze cyclus is al iets anders besloten. Plan een nieuwe cyclus als je verder wilt.',
  );
});

step('the second cycle is planned in the browser, with the words of the first', async () => {
  await go(page, `/pdsa/${first}`);
  await page.getByText('De voorspelling staat vast sinds de proef begon').waitFor();
  await picture(page, 'story8-first-decided');
  await page.getByRole('link', { name: 'Plan de volgende cyclus' }).click();
  await page.getByRole('heading', { level: 1, name: 'Plan een PDSA-cyclus' }).waitFor();
  await page.getByText('Op vrijdag is er niemand.').waitFor();
  const change = page.getByLabel('Welke verandering probeer je uit?');
  assert.equal(await change.inputValue(), CHANGE);
  await change.fill(`${CHANGE}, en op donderdag voor het weekend`);
  assert.equal(await page.getByLabel('Wat verwacht je dat er gebeurt?').inputValue(), '', 'a prediction is made anew');
  await page.getByLabel('Wat verwacht je dat er gebeurt?').fill('Zeven van de tien gesprekken zijn op tijd.');
  await picture(page, 'story8-plan-second');

  // A last day before the first one is seen before it is sent.
  const [starts, ends] = [page.getByLabel('Van', { exact: true }), page.getByLabel('Tot en met')];
  await starts.fill('2026-10-05');
  await ends.fill('2026-10-01');
  await page.getByRole('button', { name: 'Bewaar het plan' }).click();
  await page.getByRole('alert').getByText('De einddatum ligt voor de begindatum.').waitFor();
  await picture(page, 'story8-plan-wrong-dates');
  await ends.fill('2026-10-18');
  await page.getByRole('button', { name: 'Bewaar het plan' }).click();
  await page.waitForURL(/\/pdsa\/pdsa-/);
  second = page.url().split('/').at(-1);
  const state = await cycle(second);
  assert.deepEqual([state.number, state.follows.id, state.stage], [2, first, 'PLANNED']);
});

step('in the browser it is started, and a prediction from a page that was open before is refused', async () => {
  const late = await newPage(page.context());
  await go(late, `/pdsa/${second}`);
  await late.getByRole('button', { name: 'Pas de voorspelling aan' }).click();
  await late.getByLabel('Wat verwacht je dat er gebeurt?').fill('Tien van de tien!');

  await page.getByRole('button', { name: 'Begin met deze proef' }).click();
  await page.getByText(/^begonnen /i).waitFor();
  const [head, state] = [await sanne.head(), await cycle(second)];
  await late.getByRole('button', { name: 'Leg vast' }).click();
  await late.getByText('De cyclus is al gestart. Een voorspelling kun je alleen vóór de start opschrijven of aanpassen.').waitFor();
  await picture(late, 'story8-late-prediction');
  assert.equal(await late.getByLabel('Wat verwacht je dat er gebeurt?').inputValue(), 'Tien van de tien!', 'what was typed stays');
  assert.equal(await sanne.head(), head);
  assert.deepEqual(await cycle(second), state);
  await late.close();
});

step('in the browser it is observed, studied and decided: adapt', async () => {
  await page.getByRole('button', { name: 'Schrijf op wat je ziet' }).click();
  await page.getByLabel('Wat zag je, en wat viel op?').fill('Donderdag was druk, maar het lukte.');
  await page.getByRole('radio', { name: 'Ja, zoals gepland' }).check();
  await page.getByRole('button', { name: 'Bewaar', exact: true }).click();
  await page.getByText('Donderdag was druk, maar het lukte.').waitFor();

  await page.getByRole('button', { name: 'Noteer de uitkomst' }).click();
  await page.getByLabel('Wat kwam eruit?').fill('Zeven van de tien gesprekken waren op tijd.');
  await page.getByRole('radio', { name: 'Ja, die klopte' }).check();
  await page.getByLabel('Wat leerden jullie?').fill('Vooruit plannen helpt. De zondag blijft lastig.');
  await picture(page, 'story8-log-result');
  await page.getByRole('button', { name: 'Bewaar de uitkomst' }).click();
  await page.getByText('Vooruit plannen helpt. De zondag blijft lastig.').waitFor();

  await page.getByRole('button', { name: 'Besluit hoe je verdergaat' }).click();
  await page.getByRole('radio', { name: /^Aanpassen/ }).check();
  await page.getByLabel(/^Waarom\?/).fill('We betrekken de weekenddienst.');
  await page.getByRole('button', { name: 'Leg het besluit vast' }).click();
  await page.getByRole('link', { name: 'Plan de volgende cyclus' }).waitFor();
  await picture(page, 'story8-second-decided');
  const state = await cycle(second);
  assert.deepEqual([state.stage, state.decision.decision, state.result.predictionMet], ['DECIDED', 'ADAPT', 'MET']);
});

step('the third cycle adopts the change', async () => {
  const planned = await sanne.done(
    'planCycle',
    {
      projectId: project, followsId: second, aim: 'Acht van de tien gesprekken', change: 'Ook de weekenddienst plant gesprekken',
      prediction: 'Acht van de tien gesprekken zijn op tijd.', starts: '2026-10-19', ends: '2026-11-01',
    },
    STATE,
  );
  third = planned.thing.id;
  assert.deepEqual([planned.thing.number, planned.thing.follows.id], [3, second]);
  await sanne.done('startCycle', { cycleId: third });
  await sanne.done('recordObservation', { cycleId: third, text: 'Het ging vanzelf.', asPlanned: true });
  await sanne.done('logPdsaResult', { cycleId: third, result: 'Negen van de tien.', learned: 'Dit houden we zo.', predictionMet: 'MET' });
  const { thing } = await sanne.done('decideCycle', { cycleId: third, decision: 'ADOPT', reason: 'Het werkt.' }, STATE);
  assert.equal(thing.decision.decision, 'ADOPT');
});

step('the project shows the ramp, three cycles high', async () => {
  await go(page, `/projecten/${project}`);
  const ladder = page.getByRole('region', { name: 'Uitproberen in kleine stappen' });
  assert.deepEqual(await ladder.getByText(/^Cyclus \d/).allInnerTexts().then((all) => all.map((text) => text.slice(0, 8))), ['Cyclus 1', 'Cyclus 2', 'Cyclus 3']);
  assert.match(await ladder.innerText(), /Aanpassen[\s\S]*Aanpassen[\s\S]*Overnemen/);
  await picture(page, 'story8-project');
});

const EXPECTED = [
  'ProjectRegistered', 'PhaseAdvanced',
  'CyclePlanned', 'PredictionMade', 'PredictionMade', 'CycleStarted', 'ObservationRecorded', 'PDSAResultLogged', 'CycleDecided',
  'CyclePlanned', 'PredictionMade', 'CycleStarted', 'ObservationRecorded', 'PDSAResultLogged', 'CycleDecided',
  'CyclePlanned', 'PredictionMade', 'CycleStarted', 'ObservationRecorded', 'PDSAResultLogged', 'CycleDecided',
];

step('the timeline tells it in sentences, and each entry opens the event as recorded', async () => {
  const entries = await sanne.timeline(project);
  assert.deepEqual(entries.map(({ type }) => type).filter((type) => type !== 'ParticipantJoined'), EXPECTED);
  for (const { sentence } of entries) assert.match(sentence, /^Sanne van Dijk .+/);
  const english = await signIn(service.url, 'sanne', 'en');
  const inEnglish = await english.timeline(project);
  assert.equal(inEnglish.filter(({ sentence }, n) => sentence === entries[n].sentence).length, 0, 'a sentence is the same in both languages');

  const shown = page.getByRole('region', { name: 'Wat er gebeurde' });
  const more = shown.getByRole('button', { name: 'Meer laden' });
  const links = shown.locator('a[href^="/spoor/"]');
  while (await more.isVisible()) {
    const count = await links.count();
    await more.click();
    await until('more entries', async () => (await links.count()) > count);
  }
  const addresses = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  assert.deepEqual(addresses, entries.map(({ position }) => `/spoor/${position}`).reverse());
  const text = await shown.innerText();
  for (const { sentence } of entries) assert.ok(text.includes(sentence), `not on the page: ${sentence}`);

  const record = await newPage(page.context());
  for (const { position, sentence, type } of entries) {
    await go(record, `/spoor/${position}`);
    const told = await record.locator('main').innerText();
    assert.match(told, new RegExp(`^Vastlegging ${position.toLocaleString('nl-NL')}`, 'm'));
    assert.ok(told.includes(sentence), `${position} does not say: ${sentence}`);
    assert.ok(told.includes(type));
    assert.match(told, /\b[0-9a-f]{64}\b/);
  }
  await links.last().click();
  await page.waitForURL(`**/spoor/${entries[0].position}`);
  await page.getByText(entries[0].sentence).waitFor();
  assert.deepEqual([...page.complaints, ...record.complaints], []);
});

test('a cycle offers only what can still be done with it', async () => {
  const offered = async (id) =>
    (await sanne.ask('query ($id: ID!) { cycle(id: $id) { actions } }', { id })).cycle.actions.filter((action) => action !== 'plan_cycle').sort();
  const { thing } = await sanne.done('planCycle', { projectId: project, aim: 'Doel', change: 'Iets anders', starts: '2026-11-02', ends: '2026-11-08' });
  const cycleId = thing.id;
  const offers = { planned: await offered(cycleId) };
  await sanne.done('makePrediction', { cycleId, prediction: 'Het lukt.' });
  await sanne.done('startCycle', { cycleId });
  offers.started = await offered(cycleId);
  await sanne.done('logPdsaResult', { cycleId, result: 'Het lukte.', learned: 'Mooi.', predictionMet: 'MET' });
  offers.studied = await offered(cycleId);
  await sanne.done('decideCycle', { cycleId, decision: 'ADOPT' });
  offers.decided = await offered(cycleId);

  await go(page, `/pdsa/${cycleId}`);
  await picture(page, 'story8-offered-when-decided');
  const buttons = await page.locator('main').getByRole('button').allInnerTexts();
  assert.deepEqual(buttons, [], 'buttons on the page of a cycle that was decided');
  assert.deepEqual(offers, {
    planned: ['abandon_cycle', 'make_prediction', 'start_cycle'],
    started: ['abandon_cycle', 'log_pdsa_result', 'record_observation'],
    studied: ['decide_cycle'],
    decided: [],
  });
});
