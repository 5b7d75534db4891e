// The whole platform as it was, beside the one that goes on: told on every page, to look at only. And a platform of which
// a part stands still says so.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open, overflow, PHONE, picture, violations, go } from './support/browser.js';
import { anyContext, signIn } from './support/graphql.js';
import { serve } from './support/service.js';
import { until } from './support/until.js';

let service, past, browser, sanne, project, position;

before(async () => {
  service = await serve();
  sanne = await signIn(service.url, 'sanne');
  const { organisation, intervention, region } = await anyContext(sanne);
  const registered = await sanne.done(
    'registerProject',
    {
      name: 'Zoals het was', aim: 'Later nog eens kijken.', interventionIds: [intervention.id],
      organisationIds: [organisation.id], regionId: region.id, startsOn: '2026-09-01',
    },
    'id',
  );
  project = registered.thing.id;
  position = registered.position;
  await sanne.done('postUpdate', { projectId: project, text: 'Dit kwam pas later.' }, 'id');
  past = await serve({ data: service.data, args: ['--as-of', String(position)] });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await past?.stop();
  await service?.stop();
});

test('every page says that it shows the past, and offers nothing to do', async () => {
  const page = await open(browser, past.url, { persona: 'sanne', viewport: PHONE });
  for (const address of ['/', '/vragen', '/ervaringen', '/projecten', `/projecten/${project}`, '/kennis', '/spoor/2500']) {
    await go(page, address);
    const banner = page.getByText(/^Dit is leerwerk zoals het was op \S+ \d+ \S+ 20\d\d/);
    await banner.waitFor();
    assert.equal(await page.getByText('Stel een vraag', { exact: true }).count(), 0, `nothing to ask on ${address}`);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(await overflow(page), []);
  }
  await go(page, `/projecten/${project}`);
  await page.getByRole('heading', { name: 'Zoals het was' }).waitFor();
  assert.equal(await page.getByText('Dit kwam pas later.').count(), 0);
  await picture(page, 'as-of-project-phone');
  await page.context().close();

  const now = await open(browser, service.url, { persona: 'sanne' });
  await go(now, `/projecten/${project}`);
  await now.getByText('Dit kwam pas later.').waitFor();
  assert.equal(await now.getByText(/^Dit is leerwerk zoals het was/).count(), 0);
  await now.context().close();
});

test('what is sent there is refused in words, and nothing changes', async () => {
  const visitor = await signIn(past.url, 'sanne');
  const refused = await visitor.ask(
    `mutation($input: PostUpdateInput!) { postUpdate(input: $input) { ... on Refusal { code message } } }`,
    { input: { projectId: project, text: 'Te laat' } },
  );
  assert.deepEqual(refused.postUpdate, {
    code: 'READ_ONLY',
    message: 'Je ziet het platform zoals het was. Hier kun je niets veranderen.',
  });
  const later = await visitor.ask(`query($p: Position!) { event(position: $p) { type } }`, { p: position + 1 });
  assert.equal(later.event, null);
});

test('it leaves nothing behind', async () => {
  const listed = await service.command('read-models', 'list');
  assert.equal(listed.code, 0, listed.stderr);
  assert.match(listed.stdout, /^project +\S+ +other/m);
  await past.stop();
  const after = await service.command('read-models', 'list');
  assert.doesNotMatch(after.stdout, / other /);
});

test('read models are built anew beside a service, and one can go back', async () => {
  const built = await service.command('read-models', 'rebuild', 'project', 'timeline');
  assert.equal(built.code, 0, built.stderr);
  assert.match(built.stdout, /^project +\S+ +previous/m);
  const back = await service.command('read-models', 'back', 'project');
  assert.equal(back.code, 0, back.stderr);
  const refused = await service.command('read-models', 'back', 'question');
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /there is no previous table of the read model question/);
  const checked = await service.command('replay', '--check');
  assert.equal(checked.code, 0, checked.stdout + checked.stderr);
});

test('a part that stands still is told of on the page', async () => {
  const page = await open(browser, service.url, { persona: 'sanne', viewport: PHONE });
  // As the service marks its answers.
  await page.route('**/graphql', async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    const stale = [{ part: 'PROJECT', position: 7, since: '2026-03-03T11:05:00Z' }, { part: 'TIMELINE', position: 7, since: '2026-03-03T11:06:00Z' }];
    await route.fulfill({ response, json: { ...answer, extensions: { stale } } });
  });
  await go(page, '/projecten');
  await page.getByText('Niet bijgewerkt sinds 3 maart: projecten, tijdlijnen.').waitFor();
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(await overflow(page), []);
  await picture(page, 'stale-phone');
  await page.unroute('**/graphql');
  await go(page, '/vragen');
  await until('the line goes when all is well', async () => (await page.getByText('Niet bijgewerkt').count()) === 0);
  await page.context().close();
});
