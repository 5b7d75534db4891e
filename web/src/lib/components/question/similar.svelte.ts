// Looks for what resembles a text while somebody types: after a pause, one request at a time.
import { request } from '$lib/graphql/client';
import type { ResultOf } from '$lib/graphql/graphql';
import { t } from '$lib/i18n';
import { announcer } from '$lib/state/announce.svelte';
import { SimilarQuery } from './Similar';

export type SimilarFound = ResultOf<typeof SimilarQuery>['similar'][number];

const SHORTEST = 4;
const PAUSE = 350;

export class SimilarSearch {
  found = $state.raw<SimilarFound[]>([]);
  /** The text the results belong to; empty while there are none. */
  searched = $state('');

  /** Call while a component initialises; `text` is read again whenever it changes. */
  constructor(text: () => string, first = 5) {
    $effect(() => {
      const wanted = text().trim();
      if (wanted.length < SHORTEST) {
        this.found = [];
        this.searched = '';
        return;
      }
      const stop = new AbortController();
      const timer = setTimeout(() => this.#search(wanted, first, stop.signal), PAUSE);
      return () => {
        clearTimeout(timer);
        stop.abort();
      };
    });
  }

  async #search(text: string, first: number, signal: AbortSignal): Promise<void> {
    try {
      const { similar } = await request(SimilarQuery, { text, first }, { signal });
      this.found = similar;
      this.searched = text;
      if (similar.length) announcer.say(t.ask.similarSaid(similar.length));
    } catch {
      // A help, not a must: typing goes on without it.
    }
  }
}

export const hrefOf = ({ contribution }: SimilarFound) =>
  contribution.__typename === 'Question' ? `/vragen/${contribution.id}` : `/ervaringen/${contribution.id}`;
