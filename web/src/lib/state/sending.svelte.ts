// Sending one change: its state, the refusal by the rules, or what failed on the way.
import { request } from '$lib/graphql/client';
import { Failure } from '$lib/graphql/failure';
import type { TadaDocumentNode } from '$lib/graphql/graphql';

export interface Refusal {
  code: string;
  message: string;
  field: string | null;
}

/** Every mutation names its field `result`: a change or a refusal. */
type Answer = { result: { __typename: string } };
type Changed<Result extends Answer> = Exclude<Result['result'], { __typename: 'Refusal' }>;
type Keyed = { idempotencyKey?: string | null };

export class Sending {
  phase = $state<'idle' | 'sending' | 'done' | 'refused' | 'failed'>('idle');
  refusal = $state.raw<Refusal | null>(null);
  failure = $state.raw<Failure | null>(null);
  #key: string | null = null;

  /**
   * Send, once however often it is tried: without a key in `input`, one is kept until an answer came.
   * Gives what changed, or null after a refusal or failure (which then stand in the fields above).
   */
  async send<Result extends Answer, Input extends Keyed>(
    document: TadaDocumentNode<Result, { input: Input }>,
    input: Input,
  ): Promise<Changed<Result> | null> {
    if (this.phase === 'sending') return null;
    this.phase = 'sending';
    this.refusal = null;
    this.failure = null;
    this.#key ??= crypto.randomUUID();
    try {
      const { result } = await request(document, { input: { idempotencyKey: this.#key, ...input } });
      this.#key = null;
      if (isRefusal(result)) {
        this.refusal = result;
        this.phase = 'refused';
        return null;
      }
      this.phase = 'done';
      return result as Changed<Result>;
    } catch (cause) {
      this.failure = cause instanceof Failure ? cause : new Failure('UNKNOWN');
      this.phase = 'failed';
      return null;
    }
  }

  /** Back to the start, when the words of a refusal no longer apply. */
  reset(): void {
    if (this.phase === 'sending') return;
    this.phase = 'idle';
    this.refusal = null;
    this.failure = null;
  }
}

function isRefusal(result: { __typename: string }): result is Refusal & { __typename: 'Refusal' } {
  return result.__typename === 'Refusal';
}
