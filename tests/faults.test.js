// What happens when things break: the service killed while it writes, its Postgres killed, stopped, started wrongly.
// What was acknowledged is never lost, what was not can be asked again without doubles, and nothing needs a hand.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch, open, picture, violations } from './support/browser.js';
import { Failure, anyContext, signIn } from './support/graphql.js';
import { freshDirectory, lives, run, serve } from './support/service.js';
import { until } from './support/until.js';

describe('a service that runs', () => {
  // One persona does what many people would.
const UNLIMITED = ['--limit-contributing', '1000000:1000000'];

let service, sanne, theme, head;
  let asked = 0;
  before(async () => {
    service = await serve({ args: UNLIMITED });
    sanne = await signIn(service.url, 'sanne');
    ({ theme } = await anyContext(sanne));
  });
  after(() => service?.stop());

  const question = (n) => ({ title: `Vraag ${n}`, body: 'Wat nu?', themeIds: [theme.id], idempotencyKey: randomUUID() });
  const passing = (error) =>
    !(error instanceof Failure) || ['UNAVAILABLE', 'OUTCOME_UNKNOWN', 'BUSY'].includes(error.code);

  /** Writers that go on until they are stopped; what was acknowledged, and what one does not know of. */
  function writers(count) {
    const [acknowledged, unknown] = [[], []];
    let going = true;
    const one = async () => {
      while (going) {
        const input = question(++asked);
        try {
          const { thing, position } = await sanne.done('askQuestion', input);
          acknowledged.push({ input, id: thing.id, position });
        } catch (error) {
          if (!passing(error)) throw error;
          unknown.push(input);
          return;
        }
      }
    };
    const done = Promise.all(Array.from({ length: count }, one));
    return { acknowledged, unknown, stop: () => ((going = false), done) };
  }

  /** Whether each of these stands there exactly once. */
  async function eachOnce(inputs) {
    const titles = new Map();
    for (let after = null; ; ) {
      const { questions } = await sanne.ask(
        `query ($after: String) { questions(first: 100, after: $after, filter: { mine: true }) {
          nodes { title { text } } pageInfo { hasNextPage endCursor } } }`, { after });
      for (const { title } of questions.nodes) titles.set(title.text, (titles.get(title.text) ?? 0) + 1);
      if (!questions.pageInfo.hasNextPage) break;
      after = questions.pageInfo.endCursor;
    }
    assert.deepEqual(inputs.filter(({ title }) => titles.get(title) !== 1).map(({ title }) => [title, titles.get(title) ?? 0]), []);
  }

  test('killed while it writes leaves no Postgres behind, and starts again with all that was acknowledged', async (t) => {
    const postgres = service.postgres();
    assert.ok(lives(postgres));
    const work = writers(8);
    await until('some writes are acknowledged', () => work.acknowledged.length >= 60);
    await service.signal('SIGKILL');
    await work.stop();
    await until('Postgres has ended', () => !lives(postgres), { within: 10_000 });

    const { data } = service;
    service = await serve({ data, args: UNLIMITED });
    assert.doesNotMatch(service.logged, /loading the demo world/);
    sanne = await signIn(service.url, 'sanne');
    t.diagnostic(`${work.acknowledged.length} acknowledged, ${work.unknown.length} unknown`);
    assert.ok(work.unknown.length > 0, 'it was killed in the middle');

    // Asked again with the same key: there once, whether it had arrived or not.
    for (const input of work.unknown) {
      const [first, second] = [await sanne.done('askQuestion', input), await sanne.done('askQuestion', input)];
      assert.equal(first.thing.id, second.thing.id);
    }
    for (const { input, id } of work.acknowledged.slice(-8)) {
      assert.equal((await sanne.done('askQuestion', input)).thing.id, id, 'an acknowledged one keeps its id');
    }
    await eachOnce([...work.acknowledged.map(({ input }) => input), ...work.unknown]);
    for (const { id, position } of work.acknowledged) {
      const { event } = await sanne.ask('query ($at: Position!) { event(position: $at) { subjectId } }', { at: position });
      assert.equal(event.subjectId, id, 'the position that was told holds it');
    }
    head = await sanne.head();
  });

  test('somebody who was signed in is so still', async () => {
    const { viewer } = await sanne.ask('{ viewer { member { id } } }');
    assert.equal(viewer.member.id, sanne.id);
  });

  test('fails fast while its Postgres is away, and goes on by itself', async (t) => {
    const work = writers(4);
    await until('some writes are acknowledged', () => work.acknowledged.length >= 10);
    const postgres = service.postgres();
    process.kill(postgres, 'SIGKILL');
    const seen = { codes: new Set(), slowest: 0, ready: new Set() };
    const since = Date.now();
    await until(
      'it answers again',
      async () => {
        const began = Date.now();
        const ready = await service.get('/health/ready', { signal: AbortSignal.timeout(10_000) });
        seen.ready.add(ready.status);
        assert.equal((await service.get('/health/live')).status, 200, 'the process itself lives');
        const answered = await sanne.ask('{ questions(first: 1) { nodes { id } } }').then(
          () => true,
          (error) => {
            assert.ok(error instanceof Failure, String(error));
            seen.codes.add(error.code);
            if (error.code === 'UNAVAILABLE' && error.extensions.retryAfterMs !== undefined) assert.ok(error.extensions.retryAfterMs > 0);
            return false;
          },
        );
        seen.slowest = Math.max(seen.slowest, Date.now() - began);
        return answered && ready.status === 200 && (existsSync(join(service.data, 'postgres', 'postmaster.pid')) && service.postgres() !== postgres);
      },
      { within: 30_000, every: 20 },
    );
    t.diagnostic(`away for ${Date.now() - since} ms; the slowest answer took ${seen.slowest} ms; codes: ${[...seen.codes]}; ready: ${[...seen.ready]}`);
    assert.deepEqual([...seen.codes].filter((code) => code !== 'UNAVAILABLE'), []);
    assert.ok(seen.slowest < 5_000, `an answer took ${seen.slowest} ms`);

    await work.stop();
    for (const input of work.unknown) {
      await until('it is written after all', () => sanne.done('askQuestion', input).catch((error) => {
        if (!passing(error)) throw error;
      }));
    }
    await eachOnce([...work.acknowledged.map(({ input }) => input), ...work.unknown]);
    assert.ok((await sanne.head()) > head);
  });

  test('has read models that are what the log gives, after all that', async () => {
    const { code, stdout, stderr } = await service.command('replay', '--check');
    assert.equal(code, 0, stdout + stderr);
  });

  test('is not started a second time on the same data', async () => {
    const second = await run(['serve'], { LEERWERK_DATA_DIR: service.data, LEERWERK_LISTEN: '127.0.0.1:0' });
    assert.notEqual(second.code, 0);
    assert.match(second.stderr, /already/i);
    assert.equal((await service.get('/health/ready')).status, 200, 'the first goes on');
  });

  test('stops cleanly when asked to, also while somebody listens', async () => {
    const postgres = service.postgres();
    const listening = await service.get(`/graphql/sse?${new URLSearchParams({ query: 'subscription { contributionAdded { position } }' })}`, {
      headers: { ...sanne.headers, accept: 'text/event-stream' },
    });
    assert.equal(listening.status, 200);
    const since = Date.now();
    assert.deepEqual(await service.signal('SIGTERM'), { code: 0, signal: null });
    assert.ok(Date.now() - since < 10_000, `it took ${Date.now() - since} ms`);
    await listening.text().catch(() => {});
    assert.ok(!lives(postgres), 'its Postgres has ended before it');
    assert.ok(!existsSync(join(service.data, 'postgres', 'postmaster.pid')));
  });

  test('keeps no demo routes when it is started without --demo', async (t) => {
    service = await serve({ demo: false, data: service.data });
    const post = await service.get('/demo/session', {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ persona: 'sanne' }),
    });
    assert.equal(post.status, 404);
    assert.deepEqual(post.headers.getSetCookie(), []);
    const personas = await service.get('/demo/personas');
    assert.doesNotMatch(personas.headers.get('content-type') ?? '', /json/);
    assert.doesNotMatch(await personas.text(), /sanne/i);
    assert.doesNotMatch(service.told, /demo/i);

    const browser = await launch();
    t.after(() => browser.close());
    const page = await open(browser, service.url);
    await page.goto('/');
    await page.getByRole('heading', { level: 1, name: 'Aanmelden is hier nog niet ingesteld' }).waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, 'sign-in-not-set-up');
    assert.deepEqual(page.complaints, []);
  });
});

describe('a service that is configured wrongly', () => {
  test('says everything that is wrong at once, and does not start', async () => {
    const data = join(freshDirectory(), 'data');
    const { code, stdout, stderr } = await run(
      ['serve', '--database-url', 'nonsense', '--connections', '1', '--log-format', 'json'], { LEERWERK_DATA_DIR: data, LEERWERK_LISTEN: '127.0.0.1:0' });
    assert.ok(typeof code === 'number' && code !== 0, `it ended with ${code}`);
    for (const wrong of [/DATABASE_URL/, /LEERWERK_CONNECTIONS/, /LEERWERK_KEY_ENCRYPTION_KEY/]) assert.match(stderr, wrong);
    assert.doesNotMatch(stdout, /Leerwerk is at/);
    assert.doesNotMatch(stderr, /panicked|Stack backtrace/);
    assert.ok(!existsSync(data), 'nothing was made');
  });

  test('says that the address is taken, before it makes anything', async (t) => {
    const { createServer } = await import('node:net');
    const taken = createServer().listen(0, '127.0.0.1');
    t.after(() => taken.close());
    await until('the address is taken', () => taken.listening);
    const address = `127.0.0.1:${taken.address().port}`;
    const data = join(freshDirectory(), 'data');
    const { code, stderr } = await run(['serve'], { LEERWERK_DATA_DIR: data, LEERWERK_LISTEN: address });
    assert.ok(typeof code === 'number' && code !== 0);
    assert.ok(stderr.includes(`cannot listen on ${address}`), stderr);
    assert.ok(!existsSync(data), 'nothing was made');
  });
});
