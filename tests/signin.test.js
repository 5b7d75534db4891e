// Signing in with an account at a provider: what works, and everything that must not.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { drawn, launch, open, overflow, PHONE, picture, violations } from './support/browser.js';
import { provider, Visitor } from './support/provider.js';
import { freshDirectory, run, serve } from './support/service.js';

const SANNE = 'Sanne';

let service, zorg, kennis, data, file, sanne;

before(async () => {
  data = join(freshDirectory(), 'data');
  zorg = await provider({});
  kennis = await provider({});
  file = join(freshDirectory(), 'providers.toml');
  writeFileSync(file, zorg.toml('zorg', 'Zorg-ID') + kennis.toml('kennis', 'Kennislogin'));
  chmodSync(file, 0o644);
  const env = { LEERWERK_DATA_DIR: data, LEERWERK_LOG: 'error' };
  const invite = (name, email, ...more) =>
    run(['invite', name, email, '--organisation', 'Hospice De Linde', ...more], env);
  const first = await invite(SANNE, 'Sanne@Linde.example', '--region', 'Groningen', '--consortium', 'ligare', '--role', 'administrator');
  assert.equal(first.code, 0, first.stderr);
  sanne = /member (\S+) may sign in/.exec(first.stdout)[1];
  const second = await invite('Joost', 'joost@linde.example', '--role', 'auditor');
  assert.equal(second.code, 0, second.stderr);
  const again = await invite('Sanne', 'sanne@linde.example');
  assert.match(again.stderr, /has this e-mail address already/);
  Object.assign(zorg.accounts, {
    'zorg-1': { email: 'sanne@linde.example', email_verified: true, name: SANNE },
    'zorg-2': { email: 'joost@linde.example', email_verified: true },
    'zorg-3': { email: 'onbekend@elders.example', email_verified: true },
    'zorg-4': { email: 'joost@linde.example', email_verified: false },
    'zorg-5': { email: 'sanne@linde.example', email_verified: true },
  });
  Object.assign(kennis.accounts, { 'kennis-1': { email: 'sanne@linde.example', email_verified: true } });
  service = await serve({ demo: false, data, args: ['--sign-in', file] });
  zorg.knows(service.url, 'zorg');
  kennis.knows(service.url, 'kennis');
});
after(async () => {
  await service?.stop();
  await zorg?.stop();
  await kennis?.stop();
});

const isOurs = (url) => url.startsWith(service.url);
const isBack = (url) => isOurs(url) && new URL(url).pathname.endsWith('/callback');
const failure = (location) => new URL(location, service.url).searchParams.get('fout');

/** From the button to the moment the provider sends them back. */
async function toCallback(visitor, key, person, { then = '/', change = (url) => url } = {}) {
  const at = { zorg, kennis }[key];
  at.person = person;
  const begun = await visitor.fetch(`${service.url}/sign-in/${key}?then=${encodeURIComponent(then)}`);
  assert.equal(begun.status, 303);
  return visitor.follow(change(begun.headers.get('location')), isBack);
}

/** The whole way; gives where they end up. */
async function signIn(visitor, key, person, options) {
  const back = await visitor.fetch(await toCallback(visitor, key, person, options));
  assert.equal(back.status, 303);
  return back.headers.get('location');
}

async function ask(visitor, query, variables = {}, headers = {}) {
  const response = await visitor.fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

const viewer = async (visitor) => (await ask(visitor, '{ viewer { member { id } } }')).data?.viewer?.member?.id ?? null;
const sessions = async (visitor) => (await ask(visitor, '{ viewer { sessions { id current provider agent } } }')).data.viewer.sessions;

describe('with an account at a provider', () => {
  test('one may choose between providers', async () => {
    const response = await service.get('/sign-in/providers');
    assert.deepEqual(await response.json(), [{ key: 'zorg', name: 'Zorg-ID' }, { key: 'kennis', name: 'Kennislogin' }]);
    const persona = await service.get('/demo/session', { method: 'POST', body: '{"persona":"sanne"}', headers: { 'content-type': 'application/json' } });
    assert.ok([404, 405].includes(persona.status), `nobody comes in as whoever they like: ${persona.status}`);
    assert.equal((await service.get('/sign-in/elders')).status, 404);
    const policy = (await service.get('/aanmelden')).headers.get('content-security-policy');
    assert.match(policy, /script-src 'self';/);
    assert.match(policy, /frame-ancestors 'none'/);
  });

  test('the first sign-in finds the member by a verified address, later ones by the account', async () => {
    const visitor = new Visitor();
    assert.equal(await signIn(visitor, 'zorg', 'zorg-1', { then: '/vragen?x=1' }), '/vragen?x=1');
    assert.equal(await viewer(visitor), `member-${sanne}`);
    // The address goes to somebody else; the account stays hers.
    zorg.accounts['zorg-1'].email = 'anders@linde.example';
    const later = new Visitor();
    assert.equal(await signIn(later, 'zorg', 'zorg-1'), '/');
    assert.equal(await viewer(later), `member-${sanne}`);
  });

  test('another provider that vouches for the same address is another way in', async () => {
    const visitor = new Visitor();
    assert.equal(await signIn(visitor, 'kennis', 'kennis-1'), '/');
    assert.equal(await viewer(visitor), `member-${sanne}`);
  });

  test('the session has another id than the visit before', async () => {
    const visitor = new Visitor();
    const back = await toCallback(visitor, 'zorg', 'zorg-2');
    const earlier = visitor.cookie(service.url);
    assert.equal((await visitor.fetch(back)).headers.get('location'), '/');
    assert.notEqual(visitor.cookie(service.url), earlier);
    const fixed = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: earlier },
      body: JSON.stringify({ query: '{ viewer { member { id } } }' }),
    });
    assert.equal((await fixed.json()).data.viewer, null, 'whoever knew the id of before is nobody');
  });

  test('one is sent on to nowhere else', async () => {
    assert.equal(await signIn(new Visitor(), 'zorg', 'zorg-2', { then: '//elders.example/' }), '/');
  });
});

describe('nobody is signed in', () => {
  const refused = async (location, code, visitor) => {
    assert.equal(failure(location), code, location);
    assert.equal(await viewer(visitor), null);
  };

  test('who is no member', async () => {
    const visitor = new Visitor();
    await refused(await signIn(visitor, 'zorg', 'zorg-3'), 'NO_MEMBER', visitor);
  });

  test('whose provider does not vouch for the address', async () => {
    const visitor = new Visitor();
    await refused(await signIn(visitor, 'zorg', 'zorg-4'), 'EMAIL_NOT_VERIFIED', visitor);
  });

  test('who was handed the address of a member that signs in with another account there', async () => {
    const visitor = new Visitor();
    await refused(await signIn(visitor, 'zorg', 'zorg-5'), 'OTHER_ACCOUNT', visitor);
  });

  test('who says no at the provider', async () => {
    const visitor = new Visitor();
    zorg.refuses = true;
    try {
      await refused(await signIn(visitor, 'zorg', 'zorg-2'), 'REFUSED_THERE', visitor);
    } finally {
      zorg.refuses = false;
    }
  });

  test('with a nonce of another sign-in', async () => {
    const visitor = new Visitor();
    const change = (url) => url.replace(/nonce=[^&]*/, 'nonce=of-somebody-else');
    await refused(await signIn(visitor, 'zorg', 'zorg-2', { change }), 'NOT_TRUSTED', visitor);
  });

  test('with a code that was used before', async () => {
    const visitor = new Visitor();
    const used = await toCallback(visitor, 'zorg', 'zorg-2');
    assert.equal((await visitor.fetch(used)).headers.get('location'), '/');
    const again = await visitor.fetch(used);
    assert.equal(failure(again.headers.get('location')), 'NOT_BEGUN', 'the sign-in was finished');
    // Under a sign-in that was begun, but of another code.
    const other = new Visitor();
    const fresh = new URL(await toCallback(other, 'zorg', 'zorg-2'));
    fresh.searchParams.set('code', new URL(used).searchParams.get('code'));
    await refused((await other.fetch(fresh.href)).headers.get('location'), 'NOT_TRUSTED', other);
  });

  test('in a browser in which the sign-in was not begun', async () => {
    const back = await toCallback(new Visitor(), 'zorg', 'zorg-2');
    const other = new Visitor();
    await refused((await other.fetch(back)).headers.get('location'), 'NOT_BEGUN', other);
  });

  test('by a provider that answers for another', async () => {
    const visitor = new Visitor();
    const back = new URL(await toCallback(visitor, 'zorg', 'zorg-2'));
    back.searchParams.set('iss', kennis.issuer);
    await refused((await visitor.fetch(back.href)).headers.get('location'), 'NOT_TRUSTED', visitor);
    const elsewhere = await toCallback(visitor, 'zorg', 'zorg-2');
    const answer = await visitor.fetch(elsewhere.replace('/sign-in/zorg/', '/sign-in/kennis/'));
    await refused(answer.headers.get('location'), 'NOT_BEGUN', visitor);
  });

  test('with a token that has expired', async () => {
    const visitor = new Visitor();
    [zorg.lasts, zorg.takes] = [1, 2.1];
    try {
      await refused(await signIn(visitor, 'zorg', 'zorg-2'), 'NOT_TRUSTED', visitor);
    } finally {
      [zorg.lasts, zorg.takes] = [60, 0];
    }
  });

  test('while the provider is away', async () => {
    const visitor = new Visitor();
    const handle = zorg.handle;
    const back = await toCallback(visitor, 'zorg', 'zorg-2');
    zorg.handle = null;
    try {
      assert.match(failure((await visitor.fetch(back)).headers.get('location')), /NOT_TRUSTED|PROVIDER_AWAY/);
    } finally {
      zorg.handle = handle;
    }
  });
});

test('a provider may change its keys', async () => {
  zorg.knows(service.url, 'zorg');
  // Only just asked, it would not be asked again: so that nobody makes us ask by sending rubbish.
  await pause(5_500);
  assert.equal(await signIn(new Visitor(), 'zorg', 'zorg-2'), '/');
});

describe('sessions', () => {
  test('one sees them, ends one, and ends all others', async () => {
    const [here, there, third] = [new Visitor(), new Visitor(), new Visitor()];
    await signIn(here, 'kennis', 'kennis-1');
    const end = `mutation ($input: EndOtherSessionsInput!) { endOtherSessions(input: $input) { ... on SessionsChanged { sessions { id current } } } }`;
    const left = (await ask(here, end, { input: {} })).data.endOtherSessions.sessions;
    assert.deepEqual(left.map(({ current }) => current), [true]);
    await signIn(there, 'kennis', 'kennis-1');
    await signIn(third, 'kennis', 'kennis-1');
    const all = await sessions(here);
    assert.equal(all.length, 3);
    assert.ok(all.every((one) => one.provider === 'Kennislogin'));
    const { id } = (await sessions(there)).find(({ current }) => current);
    const one = `mutation ($input: EndSessionInput!) { endSession(input: $input) { ... on SessionsChanged { sessions { id } } } }`;
    await ask(here, one, { input: { sessionId: id } });
    assert.equal(await viewer(there), null);
    assert.equal(await viewer(third), `member-${sanne}`);
    await ask(here, end, { input: {} });
    assert.equal(await viewer(third), null);
    assert.equal(await viewer(here), `member-${sanne}`);
  });

  test('take their open WebSockets along, by whichever way they end', async () => {
    for (const end of ['by oneself', 'from elsewhere']) {
      const [here, there] = [new Visitor(), new Visitor()];
      await signIn(here, 'kennis', 'kennis-1');
      await signIn(there, 'kennis', 'kennis-1');
      const socket = new WebSocket(`${service.url.replace('http', 'ws')}/graphql/ws`, 'graphql-transport-ws', { headers: { cookie: here.cookie(service.url) } });
      const closed = once(socket, 'close');
      await once(socket, 'open');
      socket.send(JSON.stringify({ type: 'connection_init' }));
      const [ack] = await once(socket, 'message');
      assert.equal(JSON.parse(ack).type, 'connection_ack');
      await pause(300);
      assert.equal(socket.readyState, WebSocket.OPEN);
      if (end === 'by oneself') await here.fetch(`${service.url}/session/end`, { method: 'POST' });
      else await ask(there, 'mutation { endOtherSessions(input: {}) { __typename } }');
      await Promise.race([closed, pause(5_000).then(() => assert.fail(`it stays open, ended ${end}`))]);
    }
  });

  test('end when one signs out at the provider', async () => {
    const [one, other] = [new Visitor(), new Visitor()];
    await signIn(one, 'kennis', 'kennis-1');
    await signIn(other, 'kennis', 'kennis-1');
    const page = await (await one.fetch(`${kennis.issuer}/session/end`)).text();
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)[1];
    const body = new URLSearchParams({ xsrf, logout: 'yes' });
    const confirmed = await one.fetch(`${kennis.issuer}/session/end/confirm`, { method: 'POST', body });
    assert.ok(confirmed.status < 400, `${confirmed.status}`);
    assert.equal(await viewer(one), null, 'the provider said so');
    assert.equal(await viewer(other), `member-${sanne}`, 'another sign-in there goes on');
  });

  test('do not end by a logout token that does not hold', async () => {
    const visitor = new Visitor();
    await signIn(visitor, 'kennis', 'kennis-1');
    const claims = {
      iss: kennis.issuer, aud: 'leerwerk', iat: Math.floor(Date.now() / 1_000), jti: '1', sub: 'kennis-1',
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    };
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const [alg, signature] of [['none', ''], ['RS256', 'AAAA'], ['HS256', 'AAAA']]) {
      const logout_token = `${part({ alg, typ: 'logout+jwt' })}.${part(claims)}.${signature}`;
      const response = await service.get('/sign-in/kennis/back-channel-logout', { method: 'POST', body: new URLSearchParams({ logout_token }) });
      assert.equal(response.status, 400, alg);
      assert.equal((await response.json()).code, 'INVALID_LOGOUT_TOKEN');
    }
    assert.equal(await viewer(visitor), `member-${sanne}`);
  });
});

describe('in the browser', () => {
  let browser;
  before(async () => (browser = await launch()));
  after(() => browser?.close());

  const looksRight = async (page, name) => {
    await drawn(page);
    await picture(page, name);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(await overflow(page), []);
  };

  test('one presses a button with the keyboard, and is back where one wanted to be', async () => {
    const page = await open(browser, service.url, { viewport: PHONE });
    zorg.person = 'zorg-1';
    await page.goto('/ik');
    await page.waitForURL(/aanmelden/);
    await page.getByRole('link', { name: 'Aanmelden met Zorg-ID' }).waitFor();
    await looksRight(page, 'sign-in-providers-360');
    await page.getByRole('link', { name: 'Aanmelden met Zorg-ID' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${service.url}/ik`);
    await page.getByText('dit apparaat').waitFor();
    await looksRight(page, 'own-access-360');
    await page.context().close();
  });

  test('whoever may not come in is told why, and what to do', async () => {
    const page = await open(browser, service.url, { viewport: PHONE });
    zorg.person = 'zorg-3';
    await page.goto('/aanmelden');
    await page.getByRole('link', { name: 'Aanmelden met Zorg-ID' }).click();
    await page.getByRole('alert').getByText('Bij het e-mailadres van Zorg-ID hoort hier niemand.').waitFor();
    await looksRight(page, 'sign-in-refused-360');
    for (const code of ['PROVIDER_AWAY', 'NOT_BEGUN', 'REFUSED_THERE', 'NOT_TRUSTED', 'EMAIL_NOT_VERIFIED', 'SEVERAL_MEMBERS', 'OTHER_ACCOUNT', 'TOO_MANY_REQUESTS', 'ELSE']) {
      await page.goto(`/aanmelden?fout=${code}&bij=zorg`);
      assert.ok((await page.getByRole('alert').innerText()).length > 20, code);
    }
    await page.context().close();
  });

  test('one makes a token for a program, which reads and does no more, and revokes it', async () => {
    const page = await open(browser, service.url, { viewport: PHONE });
    kennis.person = 'kennis-1';
    await page.goto('/aanmelden?naar=/ik');
    await page.getByRole('link', { name: 'Aanmelden met Kennislogin' }).click();
    await page.getByRole('button', { name: 'Maak een sleutel' }).click();
    await page.getByRole('button', { name: 'Maak de sleutel' }).click();
    await page.getByText('Vul dit nog in.').first().waitFor();
    await page.getByLabel('Hoe noem je hem?').fill('Overzicht voor het team');
    await looksRight(page, 'token-form-360');
    await page.getByRole('button', { name: 'Maak de sleutel' }).click();
    const secret = await page.getByLabel('Je sleutel “Overzicht voor het team”').inputValue();
    await looksRight(page, 'token-made-360');
    const bearer = { authorization: `Bearer ${secret}` };
    const program = new Visitor();
    const who = await ask(program, '{ viewer { member { id } } }', {}, bearer);
    assert.equal(who.data.viewer.member.id, `member-${sanne}`);
    const share = 'mutation { shareExperience(input: { kind: APPROACH, title: "x", body: "y", themeIds: [] }) { __typename } }';
    assert.equal((await ask(program, share, {}, bearer)).errors[0].extensions.code, 'OUT_OF_SCOPE');
    await page.reload();
    assert.equal(await page.getByText(secret).count(), 0, 'shown once');
    await page.getByRole('button', { name: 'Intrekken: Overzicht voor het team' }).click();
    await page.getByText('Je hebt nog geen sleutels').waitFor();
    const late = await program.fetch(`${service.url}/graphql?query={themes{id}}`, { headers: bearer });
    assert.equal(late.status, 401);
    assert.match(late.headers.get('www-authenticate'), /^Bearer error="invalid_token"/);
    // Everywhere else, by the button.
    await page.getByRole('button', { name: 'Overal anders afmelden' }).click();
    await page.getByRole('button', { name: 'Overal anders afmelden' }).waitFor({ state: 'detached' });
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });
});

test('what was signed in with goes with the member, and no demo world is opened here', async () => {
  const joost = new Visitor();
  await signIn(joost, 'zorg', 'zorg-2');
  const id = (await viewer(joost)).replace('member-', '');
  const erased = await service.command('erase', `member:${id}`);
  assert.equal(erased.code, 0, erased.stderr);
  assert.match(erased.stdout, /[1-9]\d* sessions, 0 access tokens and 1 accounts are gone/);
  await pause(1_100);
  assert.equal(await viewer(joost), null);
  assert.equal(failure(await signIn(new Visitor(), 'zorg', 'zorg-2')), 'NO_MEMBER');
  assert.ok(!/linde\.example|zorg-\d|a-secret-of-the-tests/.test(service.logged), service.logged);
  await service.stop();
  const demo = await run(['serve', '--demo'], { LEERWERK_DATA_DIR: data, LEERWERK_LISTEN: '127.0.0.1:0' });
  assert.notEqual(demo.code, 0);
  assert.match(demo.stderr, /--demo is refused/);
});
