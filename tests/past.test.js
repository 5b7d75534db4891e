// Back in time: the slider of a project takes its page to any moment, says so, marks what differs and tells it in words.
// By keyboard and on a phone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open, overflow, PHONE, picture, violations, go } from './support/browser.js';
import { anyContext, signIn } from './support/graphql.js';
import { serve } from './support/service.js';
import { until } from './support/until.js';

let service, browser, sanne, project;

before(async () => {
  service = await serve();
  sanne = await signIn(service.url, 'sanne');
  project = await aProjectWithAHistory();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

/** Begun; a bottleneck; on to preparation; the bottleneck solved. Four events. */
async function aProjectWithAHistory() {
  const { organisation, intervention, region } = await anyContext(sanne);
  const { thing } = await sanne.done(
    'registerProject',
    {
      name: 'Terug in de tijd', aim: 'Zien hoe het was.', interventionIds: [intervention.id],
      organisationIds: [organisation.id], regionId: region.id, startsOn: '2026-09-01',
    },
    'id',
  );
  const projectId = thing.id;
  const raised = await sanne.done('raiseBottleneck', { projectId, text: 'Te weinig tijd', kind: 'CAPACITY' }, 'bottlenecks { id }');
  await sanne.done('advancePhase', { projectId, to: 'PREPARATION', note: 'Iedereen doet mee.' }, 'id');
  await sanne.done('resolveBottleneck', { projectId, bottleneckId: raised.thing.bottlenecks[0].id, solution: 'Een vast halfuur' }, 'id');
  return projectId;
}

const current = (page) => page.locator('[aria-current=step] .name').innerText();

test('with the keyboard, event by event, and back to now', async () => {
  const page = await open(browser, service.url, { persona: 'sanne' });
  await go(page, `/projecten/${project}`);
  await page.getByRole('button', { name: 'Kijk terug in de tijd' }).press('Enter');
  const slider = page.getByRole('slider', { name: 'Moment' });
  await slider.waitFor();
  assert.equal(await slider.getAttribute('max'), '3');
  assert.match(await slider.getAttribute('aria-valuetext'), /loste een knelpunt op$/);

  await slider.focus();
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('heading', { name: /^Zo was het op / }).waitFor();
  await until('the bottleneck is open again', async () => (await page.getByText('Een vast halfuur').count()) === 0);
  assert.match(page.url(), /\?op=\d+$/);
  assert.equal(await current(page), 'Voorbereiding');
  assert.ok(await slider.evaluate((input) => input === document.activeElement), 'the slider keeps the focus');
  // Marked on the page, and told in words.
  await page.locator('article[data-changed=Anders]', { hasText: 'Te weinig tijd' }).waitFor();
  await page.locator('summary', { hasText: '1 verschil' }).press('Enter');
  await page.getByText('Knelpunt opgelost: Te weinig tijd').waitFor();
  // The past is to look at.
  for (const name of [/^Door naar/, 'Meld een knelpunt', 'Plaats een bericht', 'Voeg iemand toe']) {
    assert.equal(await page.getByRole('button', { name }).count(), 0, String(name));
  }

  await slider.press('Home');
  await until('it begins', async () => (await current(page)) === 'Verkenning');
  await page.getByText('Er is geen knelpunt gemeld.').waitFor();
  await page.getByLabel('Vergelijk met').selectOption('nu');
  for (const told of ['Fase: van verkenning naar voorbereiding', 'Knelpunt gemeld: Te weinig tijd', 'Knelpunt opgelost: Te weinig tijd']) {
    await page.getByText(told).waitFor();
  }
  await picture(page, 'past-desk');
  assert.deepEqual(await violations(page), []);

  // The address is that moment, for whoever opens it.
  await page.reload();
  await page.getByRole('heading', { name: /^Zo was het op / }).waitFor();
  assert.equal(await current(page), 'Verkenning');
  await page.getByRole('button', { name: 'Terug naar nu' }).press('Enter');
  await until('it is now', async () => (await current(page)) === 'Voorbereiding');
  assert.doesNotMatch(page.url(), /op=/);
  await page.getByRole('button', { name: /^Door naar/ }).first().waitFor();
  await page.context().close();
});

test('what happens while the slider is open can be gone back to as well', async () => {
  const page = await open(browser, service.url, { persona: 'sanne' });
  await go(page, `/projecten/${project}`);
  await page.getByRole('button', { name: 'Kijk terug in de tijd' }).click();
  const slider = page.getByRole('slider', { name: 'Moment' });
  await slider.waitFor();
  const before = Number(await slider.getAttribute('max'));
  await sanne.done('postUpdate', { projectId: project, text: 'Dit is net gebeurd.' }, 'id');
  await page.getByRole('button', { name: /nieuwe gebeurtenis/ }).click();
  await until('the slider has it', async () => Number(await slider.getAttribute('max')) === before + 1);
  await page.context().close();
});

test('on a phone it fits, and what happens meanwhile does not disturb', async () => {
  const page = await open(browser, service.url, { persona: 'sanne', viewport: PHONE });
  const moments = await sanne.ask('query ($id: ID!) { project(id: $id) { timeline(newestFirst: false) { nodes { position } } } }', { id: project });
  const { position } = moments.project.timeline.nodes[1];
  await go(page, `/projecten/${project}?op=${position}`);
  await page.getByRole('heading', { name: /^Zo was het op / }).waitFor();
  await page.getByRole('slider', { name: 'Moment' }).waitFor();
  assert.deepEqual(await overflow(page), []);
  assert.deepEqual(await violations(page), []);
  await picture(page, 'past-phone');
  await sanne.done('postUpdate', { projectId: project, text: 'Het gaat goed.' }, 'id');
  await page.getByRole('button', { name: 'Eén gebeurtenis later' }).click();
  await until('one event later', async () => (await current(page)) === 'Voorbereiding');
  assert.equal(await page.getByText(/nieuwe gebeurtenis/).count(), 0);
  assert.equal(await page.getByText('Het gaat goed.').count(), 0);
  await page.context().close();
});
