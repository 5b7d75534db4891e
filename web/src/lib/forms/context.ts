// What fields need to know of the form they stand in: their error, what to look at in them, and the id to jump to.
import { getContext, setContext } from 'svelte';
import type { Looking } from './looking.svelte';

export type Errors = Readonly<Record<string, string>>;

interface FormContext {
  errorOf(name: string): string | undefined;
  idOf(name: string): string;
  /** Tell the form how a field is called, for the summary. */
  name(name: string, label: string): void;
  /** Looks for what may tell who a patient is. */
  looking: Looking;
}

const KEY = Symbol('form');

export const setForm = (form: FormContext) => setContext(KEY, form);
export const useForm = () => getContext<FormContext>(KEY);

/** Names of fields that are empty, each with what to say. */
export function missing(values: Record<string, unknown>, sentences: Record<string, string>): Record<string, string> {
  const empty = (value: unknown) =>
    value == null || (typeof value === 'string' && !value.trim()) || (Array.isArray(value) && !value.length);
  return Object.fromEntries(Object.entries(sentences).filter(([name]) => empty(values[name])));
}
