// A real OpenID provider (oidc-provider, certified), in which everybody is whoever the test says.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import Provider from 'oidc-provider';
import { cookiesOf, learnt } from './kept.js';

const CLIENT = { client_id: 'leerwerk', client_secret: 'a-secret-of-the-tests-and-of-nobody-else' };

learnt('credential', CLIENT.client_secret);

function jwks() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: `key-${Date.now()}` }] };
}

/** Listens, so that its issuer is known; answers once it knows its client: `knows(url)`. */
export async function provider(accounts) {
  const started = new TestProvider(accounts);
  await new Promise((resolve) => started.server.listen(0, '127.0.0.1', resolve));
  started.issuer = `http://127.0.0.1:${started.server.address().port}`;
  return started;
}

class TestProvider {
  /** By subject: the claims. */
  accounts;
  /** Who is sitting at the provider's page. */
  person = null;
  /** How long tokens last, and how long the provider takes to hand them out, in seconds. */
  lasts = 60;
  takes = 0;
  /** Whether whoever comes says no. */
  refuses = false;
  issuer = '';

  constructor(accounts) {
    this.accounts = accounts;
    this.server = createServer((request, response) => {
      if (this.handle) this.handle(request, response);
      else response.writeHead(503).end();
    });
  }

  get client() {
    return CLIENT;
  }

  /** As the platform's file of providers names it. */
  toml(key, name) {
    return `[[provider]]\nkey = "${key}"\nname = "${name}"\nissuer = "${this.issuer}"\n`
      + `client_id = "${CLIENT.client_id}"\nclient_secret = "${CLIENT.client_secret}"\n`;
  }

  /** The platform is at an address, where it has this key for the provider. Called again: with new keys. */
  knows(url, key) {
    const there = `${url}/sign-in/${key}`;
    const oidc = new Provider(this.issuer, {
      clients: [{
        ...CLIENT,
        redirect_uris: [`${there}/callback`],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        backchannel_logout_uri: `${there}/back-channel-logout`,
        backchannel_logout_session_required: true,
      }],
      jwks: jwks(),
      cookies: { keys: ['a-key-of-the-tests'] },
      // It refuses to talk to addresses of the same machine otherwise.
      fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true } },
      ttl: { IdToken: () => this.lasts, AccessToken: 60, AuthorizationCode: 60, Interaction: 60, Session: 600, Grant: 600 },
      findAccount: (_, accountId) => {
        learnt('personal', this.accounts[accountId]?.email);
        return { accountId, claims: () => ({ sub: accountId, ...this.accounts[accountId] }) };
      },
      loadExistingGrant: async (ctx) => {
        const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    });
    oidc.use(async (ctx, next) => {
      if (ctx.path.startsWith('/interaction/')) {
        const result = this.refuses ? { error: 'access_denied' } : { login: { accountId: this.person } };
        ctx.respond = false;
        await oidc.interactionFinished(ctx.req, ctx.res, result);
        return;
      }
      await next();
      if (ctx.path === '/token') for (const name of ['id_token', 'access_token']) learnt('credential', ctx.body?.[name]);
      if (ctx.path === '/token' && this.takes) await pause(this.takes * 1_000);
    });
    this.handle = oidc.callback();
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

/** A browser without a window: follows redirects by hand and keeps cookies by host and port. */
export class Visitor {
  #jars = new Map();

  async fetch(url, options = {}) {
    const { host } = new URL(url);
    const jar = this.#jars.get(host) ?? new Map();
    this.#jars.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', ...options, headers: { cookie, ...options.headers } });
    cookiesOf(response.headers);
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(set)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  cookie(url) {
    return [...(this.#jars.get(new URL(url).host) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Goes on until an address that `ends`, without asking for that one; gives it. */
  async follow(url, ends) {
    for (let hops = 0; hops < 12; hops += 1) {
      for (const name of ['code', 'state', 'nonce']) learnt('credential', new URL(url).searchParams.get(name));
      if (ends(url)) return url;
      const response = await this.fetch(url);
      await response.arrayBuffer();
      const next = response.headers.get('location');
      if (!next) throw new Error(`${url} gave ${response.status} and no way on`);
      url = new URL(next, url).href;
    }
    throw new Error('it goes round');
  }
}
