// No patient data: what may tell who a patient is, is said while one types and asked about once; a citizen service number
// is never sent. With the keyboard, on a phone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { go, launch, looksRight, open, PHONE } from './support/browser.js';
import { anyContext, signIn } from './support/graphql.js';
import { focused, press, type } from './support/keyboard.js';
import { serve } from './support/service.js';

const NAMED = 'Ik was bij mevrouw Kwikstaartje, en wist niet wat ik moest zeggen.';

let service, browser, question;

before(async () => {
  service = await serve();
  const joost = await signIn(service.url, 'joost');
  const { theme } = await anyContext(joost);
  const asked = { title: 'Wie belt de familie na?', body: 'Na een overlijden thuis.', themeIds: [theme.id], anonymous: false };
  ({ question } = await joost.done('askQuestion', asked));
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

/** The mutations that were sent, by name. */
function mutationsOf(page) {
  const sent = [];
  page.on('request', (request) => {
    if (request.method() !== 'POST' || !request.url().endsWith('/graphql')) return;
    const { query, variables } = request.postDataJSON();
    if (query.includes('mutation')) sent.push(variables.input);
  });
  return sent;
}

test('a name is pointed out while one types, asked about once, and sent when nobody is recognisable', async (t) => {
  const page = await open(browser, service.url, { persona: 'sanne', viewport: PHONE });
  t.after(() => page.context().close());
  const sent = mutationsOf(page);
  await go(page, '/vragen/stel');
  await type(page.getByLabel('Je vraag in één zin'), 'Wat zeg je als er geen woorden zijn?');
  const body = page.getByLabel('Vertel er wat meer over');
  await type(body, NAMED);
  const notice = page.locator('[id$="-body-found"]');
  await notice.getByText('“mevrouw Kwikstaartje” kan een patiënt herkenbaar maken.').waitFor();
  assert.match(await body.getAttribute('aria-describedby'), /-body-found/);
  assert.equal(await body.evaluate((element) => element === document.activeElement), true, 'one types on');
  await page.locator('[aria-live="polite"], [role="status"]').filter({ hasText: 'Kwikstaartje' }).first().waitFor({ state: 'attached' });
  await press(page.getByRole('group', { name: 'Waar gaat het over?' }).getByRole('checkbox').first(), 'Space');
  await looksRight(page, 'patient-notice-360');

  await press(page.getByRole('button', { name: 'Stel je vraag' }));
  const check = page.getByRole('group', { name: 'Kan iemand hierin een patiënt herkennen?' });
  await check.waitFor();
  assert.match(await focused(page), /^Kan iemand hierin een patiënt herkennen\?/);
  assert.deepEqual(sent, [], 'nothing was sent yet');
  await looksRight(page, 'patient-check-360');

  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  assert.equal(await check.getByRole('checkbox').isChecked(), true);
  // Another name is looked at anew.
  await type(body, `${NAMED} En bij meneer Putter.`);
  await notice.getByText('“meneer Putter”').waitFor();
  assert.equal(await check.getByRole('checkbox').isChecked(), false);
  await type(body, NAMED);
  await notice.getByText('“meneer Putter”').waitFor({ state: 'detached' });
  assert.equal(await check.getByRole('checkbox').isChecked(), false, 'the text changed since somebody looked');
  await press(check.getByRole('checkbox'), 'Space');
  await press(page.getByRole('button', { name: 'Stel je vraag' }));
  await page.waitForURL(/\/vragen\/question-/);
  assert.deepEqual(sent.map(({ body, patientDetailsChecked }) => [body, patientDetailsChecked]), [[NAMED, true]]);
  await page.getByText('Kwikstaartje').waitFor();
});

test('what somebody looked at and then took out is not said to be looked at', async (t) => {
  const page = await open(browser, service.url, { persona: 'bram', viewport: PHONE });
  t.after(() => page.context().close());
  const sent = mutationsOf(page);
  await go(page, `/vragen/${question.id}`);
  const body = page.getByLabel('Jouw antwoord');
  const answer = page.locator('.answer-form').getByRole('button', { name: 'Plaats je antwoord' });
  await type(body, 'Mevrouw Kwikstaartje belde mij.');
  await press(answer);
  const check = page.getByRole('group', { name: 'Kan iemand hierin een patiënt herkennen?' });
  await press(check.getByRole('checkbox'), 'Space');
  await type(body, 'De familie belde mij.');
  await press(answer);
  await page.locator('article.answer').getByText('De familie belde mij.').waitFor();
  assert.deepEqual(sent.map(({ patientDetailsChecked }) => patientDetailsChecked), [undefined]);
});

test('a citizen service number is an error before anything is sent; without it the answer goes through unasked', async (t) => {
  const page = await open(browser, service.url, { persona: 'sanne', viewport: PHONE });
  t.after(() => page.context().close());
  const sent = mutationsOf(page);
  await go(page, `/vragen/${question.id}`);
  const body = page.getByLabel('Jouw antwoord');
  await type(body, 'Bij 111.222.333 belde ik zelf.');
  await page.locator('[id$="-body-error"]').getByText('Hier staat een burgerservicenummer.').waitFor();
  await press(page.locator('.answer-form').getByRole('button', { name: 'Plaats je antwoord' }));
  const summary = page.locator('.answer-form .summary');
  await summary.waitFor();
  assert.match(await focused(page), /^Er moet nog één ding anders/);
  assert.deepEqual(sent, []);
  await looksRight(page, 'patient-number-360');

  await type(body, 'Ik belde zelf, een week later.');
  await press(page.locator('.answer-form').getByRole('button', { name: 'Plaats je antwoord' }));
  await page.locator('article.answer').getByText('Ik belde zelf, een week later.').waitFor();
  assert.deepEqual(sent.map(({ patientDetailsChecked }) => patientDetailsChecked), [undefined]);
});

test('where only the server finds something, the same is asked', async (t) => {
  const page = await open(browser, service.url, { persona: 'bram', language: 'en', viewport: PHONE });
  t.after(() => page.context().close());
  const sent = mutationsOf(page);
  // The rule does not reach the browser.
  await page.route('**/_app/immutable/**/*.js', async (route) => {
    const response = await route.fetch();
    await ((await response.text()).includes('date_of_birth') ? route.abort() : route.fulfill({ response }));
  });
  await go(page, `/vragen/${question.id}`);
  await type(page.getByLabel('Your answer'), 'With Mrs Wagtail I called myself.');
  await press(page.locator('.answer-form').getByRole('button', { name: 'Post your answer' }));
  const check = page.getByRole('group', { name: 'Could anyone recognise a patient in this?' });
  await check.getByText('“Mrs Wagtail” may make a patient recognisable.').waitFor();
  assert.match(await focused(page), /^Could anyone recognise a patient in this\?/);
  await looksRight(page, 'patient-server-360');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  assert.equal(await check.getByRole('checkbox').isChecked(), true);
  // Nobody looked at what it says now: the server is asked again.
  await type(page.getByLabel('Your answer'), 'With Mr Siskin I called myself.');
  assert.equal(await check.getByRole('checkbox').isChecked(), false);
  await press(page.locator('.answer-form').getByRole('button', { name: 'Post your answer' }));
  await check.getByText('“Mr Siskin” may make a patient recognisable.').waitFor();
  await press(check.getByRole('checkbox'), 'Space');
  await press(page.locator('.answer-form').getByRole('button', { name: 'Post your answer' }));
  await page.locator('article.answer').getByText('With Mr Siskin I called myself.').waitFor();
  assert.deepEqual(sent.map(({ patientDetailsChecked }) => patientDetailsChecked), [undefined, undefined, true]);
});
