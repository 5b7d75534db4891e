// Getting the data of a page: patient when the server is away for a moment, clear when it stays away.
import { error, redirect } from '@sveltejs/kit';
import { connection } from '$lib/state/connection.svelte';
import { request } from './client';
import { Failure } from './failure';
import type { TadaDocumentNode } from './graphql';

const PAUSES = [400, 1200, 3000];

interface LoadEvent {
  fetch: typeof globalThis.fetch;
  url: URL;
}

/** Run a page's query inside its `load`. Sends people who are not signed in to the sign-in page. */
export async function pageData<Result, Variables>(
  event: LoadEvent,
  document: TadaDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  for (let attempt = 0; ; attempt++) {
    try {
      const data = await request(document, variables, { fetch: event.fetch });
      connection.back();
      return data;
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause;
      if (cause.code === 'UNAUTHENTICATED') signIn(event.url);
      if (cause.code === 'NOT_FOUND') error(404, { message: 'not found', code: cause.code });
      // Instead of the page that says so, the layout shows the one for those whose access has ended.
      if (['FORBIDDEN', 'ACCESS_ENDED'].includes(cause.code)) error(403, { message: 'forbidden', code: cause.code });
      if (!cause.passing) error(500, { message: 'failed', code: cause.code });
      connection.lost();
      const pause = PAUSES[attempt];
      if (pause === undefined) error(503, { message: 'unavailable', code: cause.code });
      await new Promise((done) => setTimeout(done, pause));
    }
  }
}

function signIn(url: URL): never {
  redirect(307, `/aanmelden?naar=${encodeURIComponent(url.pathname + url.search)}`);
}

/** What a page shows one of, or the "not found" page. */
export function found<Thing>(thing: Thing | null | undefined): Thing {
  if (!thing) error(404, { message: 'not found', code: 'NOT_FOUND' });
  return thing;
}
