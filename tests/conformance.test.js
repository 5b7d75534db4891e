// GraphQL as its specifications have it: over HTTP, over WebSocket (graphql-transport-ws) and as server-sent events,
// each tried with the reference client that others use.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import WebSocket from 'ws';
import { anyContext, signIn } from './support/graphql.js';
import { serve } from './support/service.js';
import { until } from './support/until.js';

let service, sanne, joost, theme;
before(async () => {
  service = await serve();
  sanne = await signIn(service.url, 'sanne');
  joost = await signIn(service.url, 'joost');
  ({ theme } = await anyContext(sanne));
});
after(() => service?.stop());

describe('GraphQL over HTTP', () => {
  for (const who of ['somebody who is signed in', 'nobody']) {
    test(`passes every audit of the specification for ${who}`, async (t) => {
      const cookie = who === 'nobody' ? {} : { cookie: sanne.cookie };
      const fetchFn = (url, init = {}) => fetch(url, { ...init, headers: { ...init.headers, ...cookie } });
      const results = await Promise.all(
        serverAudits({ url: `${service.url}/graphql`, fetchFn }).map(async (audit) => ({ ...(await audit.fn()), name: audit.name })),
      );
      const count = (word, status) =>
        results.filter((result) => result.name.startsWith(`${word} `) && (!status || result.status === status)).length;
      for (const word of ['MUST', 'SHOULD', 'MAY']) t.diagnostic(`${word}: ${count(word, 'ok')} of ${count(word)}`);
      const failed = results.filter(({ name, status }) => status !== 'ok' && !name.startsWith('MAY'));
      assert.deepEqual(failed.map(({ id, name, reason }) => `${id} ${name}: ${reason}`), []);
      assert.ok(results.length > 50, 'the audits were run');
    });
  }

  test('refuses a mutation over GET, and nothing changes', async () => {
    const head = await sanne.head();
    const mutation = `mutation { askQuestion(input: {title: "a", body: "b", themeIds: ["${theme.id}"]}) { __typename } }`;
    const named = `query Harmless { themes { id } } ${mutation.replace('mutation', 'mutation Harmful')}`;
    for (const parameters of [{ query: mutation }, { query: named, operationName: 'Harmful' }]) {
      for (const path of ['/graphql', '/graphql/sse']) {
        const response = await service.get(`${path}?${new URLSearchParams(parameters)}`, {
          headers: { ...sanne.headers, accept: path === '/graphql' ? 'application/json' : 'text/event-stream' },
        });
        assert.ok([400, 405].includes(response.status), `${path} gave ${response.status}`);
        assert.ok(!(await response.text()).includes('QuestionChanged'));
      }
    }
    assert.equal(await sanne.head(), head);
  });

  test('refuses a mutation from another site', async () => {
    const head = await sanne.head();
    const response = await service.get('/graphql', {
      method: 'POST',
      headers: { ...sanne.headers, 'content-type': 'application/json', origin: 'https://elders.example' },
      body: JSON.stringify({ query: `mutation { askQuestion(input: {title: "a", body: "b", themeIds: ["${theme.id}"]}) { __typename } }` }),
    });
    assert.equal(response.status, 403);
    assert.equal(await sanne.head(), head);
  });

  test('gives every error a code, and nothing from the inside', async () => {
    for (const [query, code] of [['{ nonsense }', 'BAD_INPUT'], ['{ themes {', 'BAD_INPUT'], ['{ question(id: "x") { id } }', null]]) {
      const response = await service.get('/graphql', {
        method: 'POST',
        headers: { ...sanne.headers, 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      const { errors = [] } = await response.json();
      if (code) assert.equal(errors[0].extensions.code, code);
      for (const { message } of errors) assert.doesNotMatch(message, /sqlx|panick|postgres|src\//i);
    }
    const response = await service.get('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ questions { nodes { id } } }' }),
    });
    assert.equal((await response.json()).errors[0].extensions.code, 'UNAUTHENTICATED');
  });
});

const DOCUMENT = `subscription ($id: ID!, $after: Position) {
  questionChanged(questionId: $id, after: $after) { position question { answers { body { text } } } }
}`;

/** Listens with a client until `stop` is called; what it heard is in `heard`. */
function listen(client, variables) {
  const heard = [];
  let failed;
  const stop = client.subscribe(
    { query: DOCUMENT, variables },
    {
      next: (result) => (result.errors ? (failed = result.errors) : heard.push(result.data.questionChanged)),
      error: (error) => (failed = error),
      complete: () => {},
    },
  );
  const have = (count) =>
    until(`${count} messages (there are ${heard.length})`, () => {
      if (failed) throw new Error(`the subscription failed: ${JSON.stringify(failed)}`);
      return heard.length >= count;
    });
  return { heard, have, stop };
}

const CLIENTS = {
  'graphql-ws': () => {
    class WithCookie extends WebSocket {
      constructor(url, protocols) {
        super(url, protocols, { headers: sanne.headers });
      }
    }
    return createWsClient({
      url: `${service.url.replace('http', 'ws')}/graphql/ws`,
      webSocketImpl: WithCookie,
      retryAttempts: 0,
      lazyCloseTimeout: 0,
    });
  },
  'graphql-sse': () => createSseClient({ url: `${service.url}/graphql/sse`, headers: sanne.headers, retryAttempts: 0 }),
};

for (const [name, createClient] of Object.entries(CLIENTS)) {
  describe(`a subscription with the client ${name}`, () => {
    const asked = () =>
      sanne.done('askQuestion', { title: `Vraag voor ${name}`, body: 'Wat nu?', themeIds: [theme.id] });
    const answer = (questionId, body) => joost.done('giveAnswer', { questionId, body });

    test('delivers what happens after it began', async (t) => {
      const { thing, position } = await asked();
      const client = createClient();
      t.after(() => client.dispose());
      const { heard, have, stop } = listen(client, { id: thing.id, after: position });
      const { position: first } = await answer(thing.id, 'een');
      await have(1);
      const { position: second } = await answer(thing.id, 'twee');
      await have(2);
      stop();
      assert.deepEqual(heard.map(({ position }) => position), [first, second]);
      assert.deepEqual(heard[1].question.answers.map(({ body }) => body.text), ['een', 'twee']);
    });

    test('resumes after what was seen, without gap or repeat', async (t) => {
      const { thing, position } = await asked();
      const positions = [];
      for (const body of ['een', 'twee', 'drie']) positions.push((await answer(thing.id, body)).position);

      const first = createClient();
      const before = listen(first, { id: thing.id, after: position });
      await before.have(3);
      before.stop();
      await first.dispose();

      // While nobody listens, and while somebody does.
      positions.push((await answer(thing.id, 'vier')).position);
      positions.push((await answer(thing.id, 'vijf')).position);
      const second = createClient();
      t.after(() => second.dispose());
      const again = listen(second, { id: thing.id, after: positions[1] });
      const busy = [];
      for (let n = 6; n <= 15; n++) busy.push(answer(thing.id, `nummer ${n}`).then(({ position }) => position));
      positions.push(...(await Promise.all(busy)).sort((a, b) => a - b));
      await again.have(13);
      again.stop();
      assert.deepEqual(before.heard.map(({ position }) => position), positions.slice(0, 3));
      assert.deepEqual(again.heard.map(({ position }) => position), positions.slice(2));
    });

    test('says in so many words when nobody is signed in', async (t) => {
      const { thing } = await asked();
      const stranger = name === 'graphql-ws'
        ? createWsClient({ url: `${service.url.replace('http', 'ws')}/graphql/ws`, webSocketImpl: WebSocket, retryAttempts: 0 })
        : createSseClient({ url: `${service.url}/graphql/sse`, retryAttempts: 0 });
      t.after(() => stranger.dispose());
      const told = await new Promise((resolve) => {
        stranger.subscribe(
          { query: DOCUMENT, variables: { id: thing.id } },
          { next: (result) => resolve(result.errors), error: (error) => resolve([error].flat()), complete: () => resolve('nothing') },
        );
      });
      assert.equal(told?.[0]?.extensions?.code, 'UNAUTHENTICATED', JSON.stringify(told));
    });
  });
}
