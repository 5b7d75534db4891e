// What others do in the project while one looks: counted, and shown when one asks for it.
import { untrack } from 'svelte';
import { invalidate } from '$app/navigation';
import { listen } from '$lib/graphql/live';
import { ProjectChangedSubscription, type ProjectShown } from './queries';

/**
 * The last event on the page. The timeline may reach further than the project's own position: it also has
 * what concerns the project without changing it.
 */
const lastShown = (project: ProjectShown) =>
  Math.max(project.position, ...project.timeline.nodes.map(({ position }) => position));

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
        { id, after: untrack(() => lastShown(project())) },
        ({ projectChanged }) => {
          this.#heard = [...this.#heard, projectChanged.position];
        },
        { positionOf: (result) => result.projectChanged.position },
      );
    });
  }

  /** How many events came after those on the page. */
  get waiting(): number {
    const shown = lastShown(this.#project());
    return this.#heard.filter((position) => position > shown).length;
  }

  show = (): Promise<void> => invalidate('app:project');
}
