// Everything starts here: the words, and who is signed in.
import { redirect } from '@sveltejs/kit';
import { loadAccessWords, loadWords } from '$lib/i18n';
import { request } from '$lib/graphql/client';
import { Failure } from '$lib/graphql/failure';
import { access } from '$lib/state/access.svelte';
import { connection } from '$lib/state/connection.svelte';
import { standing } from '$lib/state/standing.svelte';
import { ViewerQuery, type Viewer } from '$components/shell/viewer';
import { OPEN } from './open';
import type { LayoutLoad } from './$types';

export const ssr = false;
export const prerender = false;

export const load: LayoutLoad = async ({ fetch, url, untrack, depends }) => {
  depends('app:viewer');
  const [viewer] = await Promise.all([whoIsIt(fetch), loadWords()]);
  const { path, search } = untrack(() => ({ path: url.pathname, search: url.search }));
  if (viewer === null && !OPEN.includes(path)) {
    redirect(307, path === '/' ? '/aanmelden' : `/aanmelden?naar=${encodeURIComponent(path + search)}`);
  }
  return { viewer: viewer ?? null, Ended: access.ended ? await whatHasEnded() : null };
};

/** The page of those whose access has ended; nobody else loads it. */
async function whatHasEnded() {
  const [{ default: Ended }] = await Promise.all([import('$components/ended/Ended.svelte'), loadAccessWords()]);
  return Ended;
}

/** Null: nobody. Undefined: the server does not say; the page itself will tell. */
async function whoIsIt(fetch: typeof globalThis.fetch): Promise<Viewer | null | undefined> {
  try {
    const { viewer, platform } = await request(ViewerQuery, {}, { fetch });
    standing.asOf = platform.asOf?.at ?? null;
    access.ended = viewer ? !viewer.hasAccess : false;
    return viewer;
  } catch (cause) {
    if (cause instanceof Failure && cause.code === 'UNAUTHENTICATED') return null;
    connection.lost();
    return undefined;
  }
}
