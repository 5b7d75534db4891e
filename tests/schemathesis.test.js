// Every operation of the GraphQL schema with made-up arguments, as nobody, as a member and as an administrator: whatever
// is sent, the platform answers, with a code where it does not do what was asked.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildSchema } from 'graphql';
import { signIn } from './support/graphql.js';
import { freshDirectory, serve } from './support/service.js';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const SCHEMATHESIS = path('../target/tools/python/bin/schemathesis');
const SCHEMA = path('../schema/schema.graphql');

/** How many documents are made up for each operation; another seed makes up others. */
const EXAMPLES = process.env.EXAMPLES ?? '10';
const SEED = process.env.SEED ?? '1';

/** Nobody is held up for doing things too often. */
const UNLIMITED = ['signing-in', 'asking-for-access', 'contributing', 'searching'].map((what) => `--limit-${what}=1000000:1000000`);

/** Tries every operation of a schema at an address: whether all answers were as promised, and what schemathesis told. */
function tryEverything(url, { schema = SCHEMA, headers = {}, ids = [] } = {}) {
  const args = ['--no-color', 'run', schema, '--url', url, '--checks', 'answers_as_promised', '--phases', 'fuzzing'];
  args.push('--max-examples', EXAMPLES, '--seed', SEED, '--generation-database', 'none', '--no-shrink', '--warnings', 'off');
  for (const [name, value] of Object.entries(headers)) args.push('--header', `${name}: ${value}`);
  const env = {
    ...process.env,
    PYTHONPATH: path('support'),
    PYTHONDONTWRITEBYTECODE: '1',
    SCHEMATHESIS_HOOKS: 'schemathesis_hooks',
    LEERWERK_IDS: JSON.stringify(ids),
  };
  return new Promise((resolve) => {
    // A directory of its own: schemathesis leaves files where it runs.
    execFile(SCHEMATHESIS, args, { env, cwd: freshDirectory(), timeout: 180_000, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const tested = Number(/^\s*Tested: (\d+)/m.exec(stdout)?.[1] ?? 0);
      const cases = Number(/^\s*(\d+) generated/m.exec(stdout)?.[1] ?? 0);
      resolve({ fine: !error, tested, cases, told: stdout + stderr });
    });
  });
}

/** Ids of a few things of each kind, without those of `person`: nobody dismisses themselves on the way. */
async function someIds(person) {
  const answer = await person.ask(`{
    questions(first: 2) { nodes { id answers { id } } } experiences(first: 2) { nodes { id } } members(first: 4) { nodes { id } }
    projects(first: 3) { nodes { id bottlenecks { id } cycles { id } } } knowledgePages(first: 2) { nodes { id sections { id } } }
    themes { id } interventions { id } regions { id } organisations { id } collaborations { id } fundingRounds { id }
    viewer { projects { id bottlenecks { id } cycles { id } } }
  }`);
  const perKind = {};
  for (const [id] of JSON.stringify(answer).matchAll(/[a-z][a-z_-]*-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g)) {
    if (id !== person.id) (perKind[id.slice(0, -37)] ??= new Set()).add(id);
  }
  return Object.values(perKind).flatMap((ids) => [...ids].slice(0, 3));
}

/** How many operations the schema has. */
function operations() {
  const schema = buildSchema(readFileSync(SCHEMA, 'utf8'));
  return [schema.getQueryType(), schema.getMutationType()].flatMap((type) => Object.keys(type.getFields())).length;
}

describe('every operation with made-up arguments', () => {
  let service;
  const panics = [];
  before(async () => {
    service = await serve({ args: UNLIMITED });
    createInterface({ input: service.child.stderr }).on('line', (line) => /panicked at/.test(line) && panics.push(line));
  });
  after(() => service?.stop());

  for (const [who, persona] of [['nobody', null], ['a member', 'sanne'], ['an administrator', 'peter']]) {
    test(`is answered, with a code where it fails, for ${who}`, async (t) => {
      const person = persona && (await signIn(service.url, persona));
      const options = person ? { headers: person.headers, ids: await someIds(person) } : {};
      const { fine, tested, cases, told } = await tryEverything(`${service.url}/graphql`, options);
      assert.ok(fine, told);
      assert.equal(tested, operations(), told);
      t.diagnostic(`${cases} documents for ${tested} operations`);
      // Whoever it was still is: otherwise much of it was tried as nobody.
      if (person) assert.equal((await person.ask('{ viewer { member { id } } }')).viewer.member.id, person.id);
    });
  }

  test('leaves a service that lives, never panicked, and shows what follows from its log', async () => {
    assert.equal((await service.get('/health/ready')).status, 200);
    assert.equal(service.exit, null);
    assert.deepEqual(panics, []);
    const { code, stdout, stderr } = await service.command('replay', '--check');
    assert.equal(code, 0, stdout + stderr);
  });
});

describe('an answer that is not as promised is found', () => {
  const json = (answer, status = 200) => ({ status, type: 'application/json', body: JSON.stringify(answer) });
  const error = (extensions) => json({ data: null, errors: [{ message: 'no', ...extensions }] });
  const ANSWERS = {
    'an error without a code': [error({}), 'an error without a code'],
    'an error that shows that something broke': [error({ extensions: { code: 'INTERNAL' } }), 'the code INTERNAL'],
    'a failure of the server': [json({ data: null }, 500), 'status 500'],
    'a page instead of JSON': [{ status: 200, type: 'text/html', body: '<p>no' }, 'not JSON'],
    'JSON that is no answer of GraphQL': [json({ detail: 'no' }), 'no answer of GraphQL'],
  };
  const answering = async (t, { status, type, body }) => {
    const server = createServer((_, response) => response.writeHead(status, { 'content-type': type }).end(body));
    t.after(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const schema = path('support/small.graphql');
    return tryEverything(`http://127.0.0.1:${server.address().port}/graphql`, { schema });
  };

  for (const [what, [answer, fault]] of Object.entries(ANSWERS)) {
    test(what, async (t) => {
      const { fine, told } = await answering(t, answer);
      assert.ok(!fine && told.includes(fault), told);
    });
  }

  test('and an error with a code is none', async (t) => {
    const { fine, told } = await answering(t, error({ extensions: { code: 'FORBIDDEN' } }));
    assert.ok(fine, told);
  });
});
