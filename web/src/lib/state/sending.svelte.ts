// Sending one change: its state, the refusal by the rules, or what failed on the way.
import { request } from '$lib/graphql/client';
import { Failure } from '$lib/graphql/failure';
import type { TadaDocumentNode } from '$lib/graphql/graphql';
import type { Draft } from './draft.svelte';

export interface Refusal {
  code: string;
  message: string;
  field: string | null;
}

/** Every mutation names its field `result`: a change or a refusal. */
type Answer = { result: { __typename: string } };
type Changed<Result extends Answer> = Exclude<Result['result'], { __typename: 'Refusal' }>;
/** What every input may carry. */
export type Keyed = { idempotencyKey?: string | null; patientDetailsChecked?: boolean | null };

const KEY_REUSED = 'IDEMPOTENCY_KEY_REUSED';

export class Sending {
  phase = $state<'idle' | 'sending' | 'done' | 'refused' | 'failed'>('idle');
  refusal = $state.raw<Refusal | null>(null);
  failure = $state.raw<Failure | null>(null);
  /** Somebody looked at what may tell who a patient is, and nobody is recognisable. */
  patientDetailsChecked = false;
  readonly #draft: Draft<object> | undefined;
  #key: string | null = null;

  /** With a draft, its key is used: sending again after closing the browser is still the same sending. */
  constructor(draft?: Draft<object>) {
    this.#draft = draft;
  }

  /**
   * Send, once however often it is tried: a key is kept until an answer came.
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
      const idempotencyKey = this.#draft?.key ?? this.#key;
      const looked = this.patientDetailsChecked && { patientDetailsChecked: true };
      const { result } = await request(document, { input: { ...input, idempotencyKey, ...looked } });
      this.#key = null;
      if (isRefusal(result)) {
        this.#refused(result);
        return null;
      }
      this.phase = 'done';
      return result as Changed<Result>;
    } catch (cause) {
      this.failure = cause instanceof Failure ? cause : new Failure('UNKNOWN');
      if (this.failure.code === KEY_REUSED) this.#draft?.renewKey();
      this.phase = 'failed';
      return null;
    }
  }

  #refused(refusal: Refusal): void {
    // An earlier version arrived after all. Whoever reads that and sends again means a new message.
    if (refusal.code === KEY_REUSED) this.#draft?.renewKey();
    this.refusal = refusal;
    this.phase = 'refused';
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
