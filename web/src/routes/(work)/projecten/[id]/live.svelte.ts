// What others do in the project while one looks: counted, and shown when one asks for it.
import { untrack } from 'svelte';
import { invalidate } from '$app/navigation';
import { listen } from '$lib/graphql/live';
import { ProjectChangedSubscription, type ProjectShown } from './queries';

/**
 * The last event on the page. The timeline may reach further than the project's own position: it also has
 * what concerns the project without changing it.
 */
const lastShown = (project: ProjectShown | null) =>
  project ? Math.max(project.position, ...project.timeline.nodes.map(({ position }) => position)) : 0;

/** News of others has no hurry. By then the page shows what one did oneself, which is no news. */
const PAUSE = 1_500;

export class LiveProject {
  readonly #project: () => ProjectShown | null;
  #heard = $state.raw<readonly number[]>([]);

  /** Call while a component initialises. No project: nothing is listened to, as while one looks at the past. */
  constructor(project: () => ProjectShown | null) {
    this.#project = project;
    const id = $derived(project()?.id);
    $effect(() => {
      this.#heard = [];
      if (!id) return;
      const timers = new Set<ReturnType<typeof setTimeout>>();
      const stop = listen(
        ProjectChangedSubscription,
        // A later position of the page must not start listening anew.
        { id, after: untrack(() => lastShown(project())) },
        ({ projectChanged: { position } }) => {
          const timer = setTimeout(() => {
            timers.delete(timer);
            this.#heard = [...this.#heard, position];
          }, PAUSE);
          timers.add(timer);
        },
        { positionOf: (result) => result.projectChanged.position },
      );
      return () => {
        stop();
        timers.forEach((timer) => clearTimeout(timer));
      };
    });
  }

  /** How many events came after those on the page. */
  get waiting(): number {
    const shown = lastShown(this.#project());
    return this.#heard.filter((position) => position > shown).length;
  }

  show = (): Promise<void> => invalidate('app:project');
}
