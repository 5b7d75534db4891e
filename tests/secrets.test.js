// The search for secrets finds what it looks for, and does not pass when there was nothing to search.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { search } from './support/search.js';
import { freshDirectory, run } from './support/service.js';

const SECRETS = [
  { kind: 'credential', secret: 'c2Vzc2lvbi1vZi1ub2JvZHk' },
  { kind: 'personal', secret: 'Ik durf het "bijna" niet te vragen.\nZe hebben geen tijd.' },
];

/** What tests leave behind that learnt the secrets and saw a program say this. */
function left({ log = '', answer = '', secrets = SECRETS }) {
  const folder = freshDirectory();
  mkdirSync(join(folder, 'said'));
  mkdirSync(join(folder, 'secrets'));
  writeFileSync(join(folder, 'said', 'service-1-1.log'), log);
  writeFileSync(join(folder, 'said', 'command-1-2.answer'), answer);
  writeFileSync(join(folder, 'secrets', '1.ndjson'), secrets.map((each) => `${JSON.stringify(each)}\n`).join(''));
  return folder;
}

test('a secret that a test told of is found where it stands, and is not told on', () => {
  const { found } = search(left({ log: 'all is well\nsession c2Vzc2lvbi1vZi1ub2JvZHk ends\n' }));
  assert.deepEqual(found.map(({ what, line }) => ({ what, line })), [{ what: 'a credential of the tests', line: 2 }]);
  assert.doesNotMatch(JSON.stringify(found), /c2Vzc2/);
});

test('what somebody typed is found in logs, however it is written there, and may stand in what was asked for', () => {
  for (const log of ['body: "… Ze hebben geen tijd."', 'text=Ik%20durf%20het', '?text=Ze+hebben+geen+tijd.', 'Ik durf het &quot;bijna', '0x5a652068656262656e206765656e2074696a642e']) {
    assert.equal(search(left({ log })).found.length, 1, log);
  }
  assert.deepEqual(search(left({ log: 'ok', answer: 'Ze hebben geen tijd.' })).found, []);
});

test('what looks like a secret is found though nobody told of it', () => {
  const forms = {
    'an access token': `token leerwerk_${'a'.repeat(43)}`,
    'a JWT': `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.c`,
    'a private key': 'PRIVATE+KEY+log.example+1234+abcd',
    'a password in an address': 'postgres://leerwerk:hunter2@db.example/leerwerk',
    'a session cookie': `cookie: leerwerk=${'a'.repeat(30)}`,
    'an authorisation code': `/sign-in/zorg/callback?state=x&code=${'a'.repeat(30)}`,
    'a client secret': 'client_secret=0123456789',
    'credentials in a header': `authorization: Basic ${'a'.repeat(20)}`,
    'the token of a request for access': `https://leerwerk.example/toegang/bevestig#${'a'.repeat(32)}`,
    'a key, byte by byte': `Key([${Array(32).fill(7).join(', ')}])`,
  };
  for (const [what, log] of Object.entries(forms)) {
    assert.deepEqual(search(left({ log })).found.map((each) => each.what), [what], log);
  }
});

test('a line that names an anonymous question and its asker is found', () => {
  const [secret, beside] = ['0198c0de-0000-7000-8000-000000000001', '0198c0de-0000-7000-8000-000000000002'];
  const found = (log) => search(left({ log, secrets: [{ kind: 'asker', secret, beside }] })).found.map(({ what }) => what);
  assert.deepEqual(found(`actor=member:${beside} stream=question-${secret}`), ['who asked anonymously']);
  assert.deepEqual(found(`stream=question-${secret}\nactor=member:${beside}`), []);
});

test('without any output, or without any secret to look for, there is no search', () => {
  assert.throws(() => search(left({})), /nothing was said/);
  assert.throws(() => search(left({ log: 'all is well', secrets: [] })), /no secrets are registered/);
  assert.throws(() => search(freshDirectory()), /nothing was said/);
});

test('a command that is configured wrongly tells no secret', async () => {
  const [password, key] = ['een-wachtwoord-van-niemand', 'ab'.repeat(32)];
  const named = (name, value) => ({ [name]: value, LEERWERK_DATA_DIR: join(freshDirectory(), 'data'), LEERWERK_LOG: 'trace' });
  const { stdout: logKey } = await run(['log-key', 'localhost/test']);
  const keys = { LEERWERK_KEY_ENCRYPTION_KEY: key, LEERWERK_LOG_SIGNING_KEY: logKey };
  const wrong = [
    [['serve'], { ...named('DATABASE_URL', `postgres://leerwerk:${password}@127.0.0.1:poort/leerwerk`), ...keys }],
    [['migrate'], { ...named('DATABASE_URL', `postgres://leerwerk:${password}@127.0.0.1:1/leerwerk`), ...keys }],
    [['migrate'], { ...named('LEERWERK_KEY_ENCRYPTION_KEY', `${key},${password}`), DATABASE_URL: 'postgres://127.0.0.1:1/x' }],
    [['migrate'], { ...named('LEERWERK_LOG_SIGNING_KEY', `${logKey.trim()}${password}`), DATABASE_URL: 'postgres://127.0.0.1:1/x' }],
    [['serve'], named('LEERWERK_MAIL', `smtps//leerwerk:${password}@mail.example`)],
    [['serve'], named('LEERWERK_MAIL', `smtps://leerwerk:${password}@mail example`)],
  ];
  for (const [args, env] of wrong) {
    const { code, stdout, stderr } = await run(args, env);
    assert.notEqual(code, 0, Object.keys(env)[0]);
    for (const secret of [password, key, logKey.trim()]) assert.ok(!(stdout + stderr).includes(secret), `${args} tells a secret in ${Object.keys(env)[0]}`);
  }
});
