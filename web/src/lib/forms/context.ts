// What fields need to know of the form they stand in: their error, and the id to jump to.
import { getContext, setContext } from 'svelte';

export type Errors = Readonly<Record<string, string>>;

interface FormContext {
  errorOf(name: string): string | undefined;
  idOf(name: string): string;
  /** Tell the form how a field is called, for the summary. */
  name(name: string, label: string): void;
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
