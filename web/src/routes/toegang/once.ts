// Sending what nobody is signed in for: without a key, as there is nobody to keep it for. Sent twice, a request is
// mailed about twice and passed on once.
import { request } from '$lib/graphql/client';
import { Failure } from '$lib/graphql/failure';
import type { TadaDocumentNode } from '$lib/graphql/graphql';
import type { Refusal, Sending } from '$lib/state/sending.svelte';

type Answer = { result: { __typename: string } };
type Changed<Result extends Answer> = Exclude<Result['result'], { __typename: 'Refusal' }>;

/** What came of it, or null after a refusal or failure (which then stand in `sending`). */
export async function sendOnce<Result extends Answer, Input>(
  sending: Sending,
  document: TadaDocumentNode<Result, { input: Input }>,
  input: Input,
): Promise<Changed<Result> | null> {
  sending.reset();
  sending.phase = 'sending';
  try {
    const looked = sending.patientDetailsChecked && { patientDetailsChecked: true };
    const { result } = await request(document, { input: { ...input, ...looked } });
    if (result.__typename !== 'Refusal') {
      sending.phase = 'done';
      return result as Changed<Result>;
    }
    sending.refusal = result as unknown as Refusal;
    sending.phase = 'refused';
  } catch (cause) {
    sending.failure = cause instanceof Failure ? cause : new Failure('UNKNOWN');
    sending.phase = 'failed';
  }
  return null;
}
