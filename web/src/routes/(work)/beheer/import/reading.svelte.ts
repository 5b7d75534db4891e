// Reading one list: the text of its file, what would become of it, and putting it in the register.
import { request } from '$lib/graphql/client';
import { Failure } from '$lib/graphql/failure';
import { r } from '$lib/i18n';
import { Sending } from '$lib/state/sending.svelte';
import { ImportRegister, PreviewQuery, type Kind, type Preview } from './queries';
import { linesOf, textOf } from './read';

/** What fits into one request, with room for the rest of it. */
const LARGEST = 900_000;

export class Reading {
  kind = $state<Kind>('ORGANISATIONS');
  text = $state('');
  /** What was read, in words. */
  chosen = $state('');
  preview = $state.raw<Preview | null>(null);
  done = $state.raw<{ entered: number; known: number } | null>(null);
  /** On its way to be looked at. */
  readonly looking = new Sending();
  /** On its way into the register: of another text, another sending. */
  importing = $state.raw(new Sending());

  /** Read a file; false when the browser cannot. */
  async take(file: File): Promise<boolean> {
    this.forget();
    try {
      this.text = textOf(new Uint8Array(await file.arrayBuffer()));
    } catch {
      this.chosen = '';
      this.text = '';
      return false;
    }
    this.chosen = r.lists.chosen(file.name, linesOf(this.text));
    return true;
  }

  /** Something changed: what was looked at before says nothing any more. */
  forget(): void {
    this.preview = null;
    this.done = null;
    this.looking.reset();
    this.importing = new Sending();
  }

  /** What is wrong before it is sent. */
  get fault(): string {
    if (!this.text.trim()) return r.lists.needed;
    // As it travels: quotation marks, line ends and the like take two characters there.
    return new TextEncoder().encode(JSON.stringify(this.text)).length > LARGEST ? r.lists.tooLarge : '';
  }

  /** Ask what would become of it; true when there is something to see. */
  async look(): Promise<boolean> {
    const { looking } = this;
    this.forget();
    looking.phase = 'sending';
    try {
      const { previewImport } = await request(PreviewQuery, { kind: this.kind, csv: this.text });
      if (!previewImport) throw new Failure('FORBIDDEN');
      looking.phase = 'idle';
      if (previewImport.unreadable) this.#refuse(previewImport.unreadable);
      else this.preview = previewImport;
    } catch (cause) {
      looking.failure = cause instanceof Failure ? cause : new Failure('UNKNOWN');
      looking.phase = 'failed';
    }
    return this.preview !== null;
  }

  #refuse(message: string): void {
    this.looking.refusal = { code: 'IMPORT_UNREADABLE', message, field: 'csv' };
    this.looking.phase = 'refused';
  }

  /** Put it in the register; true when all of it is there. */
  async enter(): Promise<boolean> {
    const changed = await this.importing.send(ImportRegister, { kind: this.kind, csv: this.text });
    if (!changed) return false;
    this.done = { entered: changed.entered, known: changed.known };
    this.preview = null;
    this.text = '';
    this.chosen = '';
    return true;
  }
}
