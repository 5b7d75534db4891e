// What others do in the project while one looks: counted, and shown when one asks for it.
import { untrack } from 'svelte';
import { invalidate } from '$app/navigation';
import { listen } from '$lib/graphql/live';
import { ProjectChangedSubscription, type ProjectShown } from './queries';

export class LiveProject {
  readonly #project: () => ProjectShown;
  #heard = $state.raw<readonly number[]>([]);

  /** Call while a component initialises. */
  constructor(project: () => ProjectShown) {
    this.#project = project;
    const id = $derived(project().id);
    $effect(() => {
      this.#heard = [];
      return listen(
        ProjectChangedSubscription,
        // A later position of the page must not start listening anew.
        { id, after: untrack(() => project().position) },
        ({ projectChanged }) => {
          this.#heard = [...this.#heard, projectChanged.position];
        },
        { positionOf: (result) => result.projectChanged.position },
      );
    });
  }

  /** How many events came after those on the page. */
  get waiting(): number {
    const shown = this.#project().position;
    return this.#heard.filter((position) => position > shown).length;
  }

  show = (): Promise<void> => invalidate('app:project');
}
