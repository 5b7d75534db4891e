// Looks in the texts of a form for what may tell who a patient is: while one types, and once more before sending. The rule
// comes when there is a text to look at; should it not come, the server looks all the same.
import { t } from '$lib/i18n';
import { announcer } from '$lib/state/announce.svelte';
import type { Errors } from './context';
import type { Reader } from './patientDetails';

/**
 * What a field takes: a text; what a member is called, in which nobody looks for a patient; or numbers and lists, in which
 * nine digits mean nothing.
 */
export type Holds = 'text' | 'name' | 'code';

/** How long one stops typing before something is said, in ms. */
const PAUSE = 600;
/** How long sending waits for the rule, in ms. */
const PATIENCE = 3000;

let loading: Promise<Reader | null> | undefined;

async function load(): Promise<Reader> {
  const [{ readerOf }, rule] = await Promise.all([
    import('./patientDetails'),
    import('../../../../schema/patient-details.json'),
  ]);
  return readerOf(rule.default);
}

/** The rule, or null while it cannot be had. */
function reader(): Promise<Reader | null> {
  loading ??= load().catch(() => {
    loading = undefined;
    return null;
  });
  return loading;
}

export class Looking {
  /** What was found in each field, as it stands there. */
  found = $state.raw<Readonly<Record<string, readonly string[]>>>({});
  /** The fields that hold a citizen service number. */
  numbers = $state.raw<readonly string[]>([]);
  /** What somebody looked at and found nobody recognisable by. */
  #seen = $state.raw<readonly string[] | null>(null);
  /** The fields somebody looked at. */
  #looked: ReadonlySet<string> = new Set();
  readonly #texts = new Map<string, { text: string; holds: Holds }>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** All that was found in the form, each once. */
  readonly fragments = $derived([...new Set(Object.values(this.found).flat())]);
  /** Whether somebody looked, and at all of it: what was typed since is to be looked at again. */
  readonly confirmed = $derived(this.#seen !== null && this.fragments.every((each) => this.#seen?.includes(each)));
  /** What cannot be sent, by name of field. */
  readonly errors = $derived<Errors>(Object.fromEntries(this.numbers.map((name) => [name, t.form.holdsNumber])));

  /** Somebody looked: at the fields in which something was found, or at all of them where only the server found it. */
  confirm(yes: boolean): void {
    this.#seen = yes ? this.fragments : null;
    this.#looked = new Set(this.fragments.length ? Object.keys(this.found) : this.#texts.keys());
  }

  /** A field holds this now. */
  watch(name: string, text: string, holds: Holds): void {
    // Nobody looked at the text as it now stands.
    if (this.#looked.has(name) && this.#texts.get(name)?.text !== text) this.#seen = null;
    this.#texts.set(name, { text, holds });
    clearTimeout(this.#timer);
    if (text.trim()) void reader();
    this.#timer = setTimeout(() => void this.#pause(), PAUSE);
  }

  /** A field is not there any more. */
  forget(name: string): void {
    if (this.#looked.has(name)) this.#seen = null;
    this.#texts.delete(name);
    const { [name]: _, ...rest } = this.found;
    this.found = rest;
    this.numbers = this.numbers.filter((each) => each !== name);
  }

  /** Look at all there is, now. */
  async look(): Promise<void> {
    clearTimeout(this.#timer);
    const texts = [...this.#texts].filter(([, { text, holds }]) => text.trim() && holds !== 'code');
    const late = new Promise<null>((done) => setTimeout(done, PATIENCE, null));
    const rule = texts.length ? await Promise.race([reader(), late]) : null;
    const likely = texts.flatMap(([name, { text, holds }]) => {
      const found = holds === 'text' ? (rule?.likely(text) ?? []) : [];
      return found.length ? [[name, [...new Set(found.map(({ fragment }) => fragment))]] as const] : [];
    });
    this.found = Object.fromEntries(likely);
    this.numbers = texts.flatMap(([name, { text }]) => (rule?.holdsCitizenServiceNumber(text) ? [name] : []));
  }

  /** Look, and say what is new. */
  async #pause(): Promise<void> {
    const before = { fragments: this.fragments, numbers: this.numbers };
    await this.look();
    const news = this.fragments.filter((each) => !before.fragments.includes(each)).map(t.form.mayIdentify);
    if (this.numbers.some((name) => !before.numbers.includes(name))) news.push(t.form.holdsNumber);
    if (news.length) announcer.say(news.join(' '));
  }

  /** The form is not there any more. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
