// Where in time the page of a project stands, where it stood before that, and what differs.
import { getContext, setContext, untrack } from 'svelte';
import { request } from '$lib/graphql/client';
import type { ResultOf } from '$lib/graphql/graphql';
import { found } from '$lib/graphql/page';
import { w } from '$lib/i18n';
import { differences, type Difference } from './differences';
import { ProjectMomentsQuery, ProjectPageQuery, type MomentShown, type ProjectShown } from './queries';

/** What the shown moment is compared with: where one stood just before, now, or the beginning. */
export type Other = 'last' | 'now' | 'begin';

export class Past {
  readonly #project: () => ProjectShown;
  /** Whether one is looking back. */
  looking = $state(false);
  /** Everything that happened, oldest first: where the slider can stand. */
  moments = $state.raw<readonly MomentShown[]>([]);
  other = $state<Other>('last');
  #last = $state.raw<ProjectShown | null>(null);
  #fetched = $state.raw<ProjectShown | null>(null);

  /** Call while a component initialises. */
  constructor(project: () => ProjectShown) {
    this.#project = project;
    let shown = untrack(project);
    $effect.pre(() => {
      const now = project();
      untrack(() => {
        if (now.id !== shown.id) [this.#last, this.#fetched, this.moments] = [null, null, []];
        else if (now.position !== shown.position) this.#last = shown;
        shown = now;
      });
    });
  }

  /** Whether something happened that the slider does not have yet. */
  get behind(): boolean {
    const newest = this.#project().timeline.nodes[0]?.position ?? 0;
    return newest > (this.moments.at(-1)?.position ?? -1);
  }

  /** Reads what there is to go back to. */
  async load(): Promise<void> {
    const id = this.#project().id;
    const moments: MomentShown[] = [];
    let after: string | null = null;
    do {
      const answer: ResultOf<typeof ProjectMomentsQuery> = await request(ProjectMomentsQuery, { id, after });
      const { timeline } = found(answer.project);
      moments.push(...timeline.nodes);
      after = timeline.pageInfo.hasNextPage ? timeline.pageInfo.endCursor : null;
    } while (after);
    if (id === this.#project().id) this.moments = moments;
  }

  /** Compares with another moment. */
  async compare(other: Other): Promise<void> {
    const { id } = this.#project();
    const begin = this.moments[0];
    if (other !== 'last') {
      const asOf = other === 'begin' && begin ? { position: begin.position } : null;
      this.#fetched = found((await request(ProjectPageQuery, { id, asOf })).project);
    }
    this.other = other;
  }

  /** The two moments, the earlier first; nothing while there is but one. */
  get pair(): readonly [ProjectShown, ProjectShown] | null {
    const shown = this.#project();
    const other = this.other === 'last' ? this.#last : this.#fetched;
    if (!other) return null;
    return other.position < shown.position ? [other, shown] : [shown, other];
  }

  get differences(): readonly Difference[] {
    const pair = this.looking ? this.pair : null;
    return pair ? differences(...pair) : [];
  }
}

const KEY = Symbol('past');

/** Lets the parts of a page mark what differs. */
export const setPast = (past: Past) => setContext(KEY, past);

/** A function that says, for `data-changed`, whether a thing differs: `data-changed={changed(id)}`. */
export function useChanged(): (about: string) => string | undefined {
  const past = getContext<Past | undefined>(KEY);
  const about = $derived(new Set(past?.differences.map((difference) => difference.about)));
  return (id) => (about.has(id) ? w.past.mark : undefined);
}
