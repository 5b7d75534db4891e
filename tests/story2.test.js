// Story 2: a nurse types "huisartsen", sees an answer written with "huisarts", asks anyway, anonymously; is answered;
// accepts; later reveals herself. The log and every export made before and after show no link between the question and
// her until she reveals it. The tests tell one story and build on one another.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { go, launch, newPage, open, picture } from './support/browser.js';
import { anyContext, signIn } from './support/graphql.js';
import { apart } from './support/kept.js';
import { freshDirectory, serve } from './support/service.js';
import { story } from './support/story.js';

const TITLE = 'Hoe krijg ik huisartsen mee als ze het al zo druk hebben?';
const BODY = 'Ik durf het bijna niet te vragen. Ze zeggen steeds dat er geen tijd is voor nog een overleg.';
const ANSWER = 'Begin met één praktijk, en neem zelf de voorbereiding op je. Dat werkte bij ons.';

let service, browser, sanne, joost, outsider, sannesPage, joostsPage;
let questionId, exportBeforeAsking, positionBeforeReveal, exportBeforeReveal;

const step = story();

before(async () => {
  service = await serve();
  [sanne, joost, outsider] = await Promise.all(['sanne', 'joost', 'koen'].map((persona) => signIn(service.url, persona)));
  browser = await launch();
  sannesPage = await open(browser, service.url, { persona: 'sanne' });
  joostsPage = await open(browser, service.url, { persona: 'joost' });
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

/** An export of the whole log, or up to a position: the lines of the file of events, and all files as one text. */
async function exported(format, ...more) {
  const out = join(freshDirectory(), 'export');
  const { code, stderr } = await service.command('export', '--format', format, '--out', out, ...more);
  assert.equal(code, 0, stderr);
  const text = readFileSync(join(out, `events.${format}`), 'utf8');
  return { text, lines: text.trimEnd().split('\n'), manifest: readFileSync(join(out, 'manifest.json'), 'utf8') };
}

const uuidOf = (id) => id.slice(-36);
const uuids = (text) => new Set(text.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g));

step('typing "huisartsen" finds what was written with "huisarts"', async () => {
  const { similar } = await sanne.ask(`{ similar(text: "huisartsen", first: 50) { title excerpt contribution {
    ... on Question { id title { text } body { text } answers { body { text } } }
    ... on Experience { id title { text } body { text } outcome { text } } } } }`);
  const written = ({ contribution: { title, body, outcome, answers = [] } }) =>
    [title, body, outcome, ...answers.map((answer) => answer.body)].map((each) => each?.text ?? '').join('\n');
  const inSingular = similar.filter((each) => /\bhuisarts\b/i.test(written(each)) && !/huisartsen/i.test(written(each)));
  assert.ok(inSingular.length > 0, `none of these has only "huisarts": ${similar.map(({ title }) => title).join('; ')}`);

  await go(sannesPage, '/');
  await sannesPage.getByLabel('Jouw vraag, in je eigen woorden').pressSequentially('huisartsen', { delay: 15 });
  const list = sannesPage.getByRole('region', { name: 'Dit vonden anderen al' });
  await list.getByText(/\bhuisarts\b/i).first().waitFor();
  await picture(sannesPage, 'story2-similar-on-start');
});

step('she asks anyway, anonymously, and the page says that only she knows', async () => {
  exportBeforeAsking = await exported('ndjson');
  const box = sannesPage.getByLabel('Jouw vraag, in je eigen woorden');
  await box.fill(TITLE);
  await sannesPage.getByRole('button', { name: 'Verder met deze vraag' }).click();
  await sannesPage.waitForURL('**/vragen/stel');
  assert.equal(await sannesPage.getByLabel('Je vraag in één zin').inputValue(), TITLE);
  await sannesPage.getByLabel('Vertel er wat meer over').fill(BODY);
  await sannesPage.getByRole('radio', { name: /^Anoniem/ }).check();
  await sannesPage.getByRole('group', { name: 'Waar gaat het over?' }).getByRole('checkbox').first().check();
  await picture(sannesPage, 'story2-ask-anonymously');
  await sannesPage.getByRole('button', { name: 'Stel je vraag' }).click();
  await sannesPage.waitForURL(/\/vragen\/question-/);
  questionId = sannesPage.url().split('/').at(-1);
  apart(questionId, sanne.id);
  await sannesPage.getByText('Jij vroeg dit anoniem. Alleen jij ziet dat.').waitFor();
});

step('the board shows the question to others as anonymous', async () => {
  await go(joostsPage, '/vragen');
  const row = joostsPage.locator('article', { has: joostsPage.getByRole('link', { name: TITLE }) });
  await row.getByText('Anoniem').waitFor();
  assert.doesNotMatch(await row.innerText(), /Sanne/);
  await row.getByRole('link', { name: TITLE }).click();
  await joostsPage.getByRole('heading', { level: 1, name: TITLE }).waitFor();
  assert.match(await joostsPage.locator('main').innerText(), /Anoniem/);
  assert.doesNotMatch(await joostsPage.locator('main').innerText(), /Sanne/);

  for (const other of [joost, outsider]) {
    const { question } = await other.ask(
      'query ($id: ID!) { question(id: $id) { anonymous asker { id } askedByViewer project { id } } }', { id: questionId });
    assert.deepEqual(question, { anonymous: true, asker: null, askedByViewer: false, project: null });
  }
  const { question } = await sanne.ask('query ($id: ID!) { question(id: $id) { asker { id } askedByViewer } }', { id: questionId });
  assert.equal(question.askedByViewer, true);
});

step('the answer arrives on her page without reloading, and she accepts it', async () => {
  await sannesPage.evaluate(() => (globalThis.neverReloaded = true));
  await joostsPage.getByLabel('Jouw antwoord').fill(ANSWER);
  await joostsPage.getByRole('button', { name: 'Plaats je antwoord' }).click();
  await joostsPage.getByRole('article').getByText(ANSWER).waitFor();

  const arrived = sannesPage.getByRole('article').filter({ hasText: ANSWER });
  await arrived.waitFor();
  await arrived.getByText('Joost Veenstra').waitFor();
  await picture(sannesPage, 'story2-answer-arrived');
  await arrived.getByRole('button', { name: 'Dit hielp mij' }).click();
  await arrived.getByText('Dit antwoord hielp').waitFor();
  assert.equal(await sannesPage.evaluate(() => globalThis.neverReloaded), true, 'the page was reloaded');

  const { question } = await joost.ask('query ($id: ID!) { question(id: $id) { solved answers { accepted } } }', { id: questionId });
  assert.deepEqual(question, { solved: true, answers: [{ accepted: true }] });
});

step('a reaction of hers is anonymous too', async () => {
  await sannesPage.getByLabel('Jouw reactie').fill('Dank, dat ga ik proberen.');
  await sannesPage.getByRole('button', { name: 'Plaats je reactie' }).click();
  await sannesPage.getByRole('article').getByText('Dank, dat ga ik proberen.').first().waitFor();
  await go(joostsPage, `/vragen/${questionId}`);
  const reaction = joostsPage.getByRole('article').filter({ hasText: 'Dank, dat ga ik proberen.' }).last();
  await reaction.getByText('de vraagsteller').waitFor();
  assert.doesNotMatch(await joostsPage.locator('main').innerText(), /Sanne/);
});

step('neither the log nor an export links the question to her', async () => {
  // What she does under her own name in the meantime must not share anything with what she asked.
  await sanne.done('postUpdate', { projectId: sanne.projects[0], text: 'Het loopt goed.' });
  const openly = await sanne.done('askQuestion', {
    title: 'Een vraag met mijn naam', body: 'Onder mijn eigen naam.', themeIds: [(await anyContext(sanne)).theme.id],
  });
  await sanne.done('giveAnswer', { questionId: openly.thing.id, body: 'Zelf gevonden.' });

  for (const format of ['ndjson', 'csv']) {
    const now = await exported(format);
    const known = uuids(exportBeforeAsking.text);
    const about = now.lines.filter((line) => line.includes(uuidOf(questionId)));
    const hers = now.lines.filter((line) => line.includes(uuidOf(sanne.id)));
    assert.ok(about.length >= 4, 'asked, answered, accepted and reacted');
    assert.ok(hers.length > 3);
    assert.deepEqual(about.filter((line) => line.includes(uuidOf(sanne.id))), [], 'a line names both');
    // No id that came up since (asker, correlation, causation, event, answer …) is in both; ids from before, such as
    // themes, are everybody's.
    const sinceThen = (lines) => [...uuids(lines.join('\n'))].filter((id) => !known.has(id));
    const shared = sinceThen(about).filter((id) => sinceThen(hers).includes(id));
    assert.deepEqual(shared, [], 'ids that lead from her to the question');
    assert.doesNotMatch(about.join('\n'), /Sanne|huisartsen|durf/, 'the text is sealed');
    assert.doesNotMatch(now.manifest, new RegExp(uuidOf(sanne.id)));
    if (format === 'ndjson') {
      exportBeforeReveal = now;
      positionBeforeReveal = JSON.parse(now.lines.at(-1)).position;
      const asked = JSON.parse(about[0]);
      assert.match(asked.actor, /^asker:/);
      const { event } = await outsider.ask(
        'query ($at: Position!) { event(position: $at) { actor actorMember { id } sentence concerns } }', { at: asked.position });
      assert.equal(event.actor, asked.actor);
      assert.equal(event.actorMember, null);
      assert.doesNotMatch(event.sentence, /Sanne/);
      assert.ok(!event.concerns.some((id) => id.includes(uuidOf(sanne.id))));
    }
  }

  // Nor does what the command line tells of her, or the record page of the question.
  const history = await service.command('history', 'member', sanne.id);
  assert.equal(history.code, 0, history.stderr);
  assert.doesNotMatch(history.stdout, /anoniem/i);
  const ofQuestion = await service.command('history', 'question', questionId, '--json');
  assert.equal(ofQuestion.code, 0, ofQuestion.stderr);
  assert.doesNotMatch(ofQuestion.stdout, new RegExp(`Sanne|${uuidOf(sanne.id)}`));
  const spoor = await newPage(joostsPage.context());
  await go(spoor, `/spoor/${JSON.parse(ofQuestion.stdout).history[0].position}`);
  assert.doesNotMatch(await spoor.locator('main').innerText(), new RegExp(`Sanne|${uuidOf(sanne.id)}`));
  await picture(spoor, 'story2-event-page');
  await spoor.close();
});

step('others cannot reveal her', async () => {
  const tried = await joost.act('revealAsker', { questionId });
  assert.ok(['FORBIDDEN', 'NOT_THE_ASKER'].includes(tried.code), `${tried.__typename} ${tried.code}`);
  const { question } = await joost.ask('query ($id: ID!) { question(id: $id) { actions anonymous asker { id } } }', { id: questionId });
  assert.deepEqual([question.anonymous, question.asker], [true, null]);
  assert.ok(!question.actions.includes('reveal_asker'));
});

step('she reveals herself, and then it shows', async () => {
  await sannesPage.getByRole('button', { name: 'Toon mijn naam bij deze vraag' }).click();
  await picture(sannesPage, 'story2-reveal-dialog');
  await sannesPage.getByRole('dialog').getByRole('button', { name: 'Ja, toon mijn naam' }).click();
  await sannesPage.getByText('Jij vroeg dit', { exact: true }).waitFor();

  await go(joostsPage, `/vragen/${questionId}`);
  await joostsPage.locator('main').getByText('Sanne van Dijk').first().waitFor();
  const { question } = await joost.ask(
    'query ($id: ID!) { question(id: $id) { anonymous asker { id } answers { byAsker author { id } } } }', { id: questionId });
  assert.equal(question.anonymous, false);
  assert.equal(question.asker.id, sanne.id);
  assert.equal(question.answers.find(({ byAsker }) => byAsker).author.id, sanne.id, 'her reaction has her name now');
});

step('the log from before says what it said; the event of revealing is the first that links her', async () => {
  const again = await exported('ndjson', '--until', String(positionBeforeReveal));
  assert.equal(again.text, exportBeforeReveal.text);

  const now = await exported('ndjson');
  const linking = now.lines.filter((line) => line.includes(uuidOf(questionId)) && line.includes(uuidOf(sanne.id)));
  assert.ok(linking.length > 0, 'the link is in the log now');
  assert.equal(JSON.parse(linking[0]).type, 'AskerRevealed');
  assert.ok(JSON.parse(linking[0]).position > positionBeforeReveal);
});

step('nothing went wrong in either browser', () => {
  assert.deepEqual([...sannesPage.complaints, ...joostsPage.complaints], []);
});
