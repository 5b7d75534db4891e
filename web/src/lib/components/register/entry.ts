// After a change of one entry of a list: the list as it is now, the focus on that entry, and in words what was done.
import { tick } from 'svelte';
import { invalidate } from '$app/navigation';
import { announcer } from '$lib/state/announce.svelte';

export const elementOf = (id: string) => `entry-${id}`;

/** The entry may stand elsewhere in the list by then, or not at all when a filter hides it. */
export async function showChanged(id: string, said: string, close: () => void): Promise<void> {
  await invalidate('app:register');
  close();
  await tick();
  const place = document.getElementById(elementOf(id))?.querySelector('button') ?? document.querySelector<HTMLElement>('main h1');
  place?.focus();
  announcer.say(said);
}
