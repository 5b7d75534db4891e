// One small change by one press of a button: send it, then show the page as it is now.
import { tick } from 'svelte';
import { invalidate } from '$app/navigation';
import type { TadaDocumentNode } from '$lib/graphql/graphql';
import { Sending, type Keyed } from './sending.svelte';

/**
 * Send and refresh what `depends` on the page; true when it arrived. A button that is not there any more then gives the
 * focus to `rest`: what one did, in words.
 */
export async function act<Result extends { result: { __typename: string } }, Input extends Keyed>(
  sending: Sending,
  document: TadaDocumentNode<Result, { input: Input }>,
  input: Input,
  refresh: `app:${string}`,
  rest?: () => HTMLElement | null | undefined,
): Promise<boolean> {
  const changed = await sending.send(document, input);
  // A refusal too means the page may be behind: show how it is now.
  if (changed || sending.refusal) await invalidate(refresh);
  if (changed) await keepFocus(rest);
  return changed !== null;
}

async function keepFocus(rest?: () => HTMLElement | null | undefined): Promise<void> {
  await tick();
  if (document.activeElement === document.body) rest?.()?.focus();
}
