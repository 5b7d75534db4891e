// One small change by one press of a button: send it, then show the page as it is now.
import { invalidate } from '$app/navigation';
import type { TadaDocumentNode } from '$lib/graphql/graphql';
import { Sending } from './sending.svelte';

/** Send and refresh what `depends` on the page; true when it arrived. */
export async function act<Result extends { result: { __typename: string } }, Input extends { idempotencyKey?: string | null }>(
  sending: Sending,
  document: TadaDocumentNode<Result, { input: Input }>,
  input: Input,
  refresh: `app:${string}`,
): Promise<boolean> {
  const changed = await sending.send(document, input);
  // A refusal too means the page may be behind: show how it is now.
  if (changed || sending.refusal) await invalidate(refresh);
  return changed !== null;
}
