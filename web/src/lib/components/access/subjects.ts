// About whom or what a line of the access log is: people first, then what has a page, then the rest; alike ones once.
import type { Written } from '$lib/format/names';
import { placeOf } from '$lib/format/places';
import { a, w } from '$lib/i18n';
import type { LogLine } from './log';

export interface Subject {
  key: string;
  /** What it is called, or in our words what it is. */
  name: Written | null;
  said: string;
  place: string | null;
  isMember: boolean;
}

const ORDER = ['member', 'project', 'question', 'experience', 'pdsa', 'page'];

/** Nobody needs to be told that a line is about themselves. */
export function subjectsOf({ subjects }: LogLine, self?: string): Subject[] {
  const rank = (kind: string | null) => (kind && ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length);
  const others = subjects.filter(({ thingId }) => !self || thingId !== self);
  const named = others
    .filter(({ name }) => name)
    .toSorted((one, other) => rank(one.kind) - rank(other.kind))
    .map(({ uuid, kind, name, thingId }) => ({
      key: uuid,
      name,
      said: '',
      place: thingId && placeOf(thingId),
      isMember: kind === 'member',
    }));
  const counts = new Map<string, number>();
  for (const { name, kind } of others) if (!name) counts.set(kind ?? '', (counts.get(kind ?? '') ?? 0) + 1);
  const unnamed = [...counts].map(([kind, n]) => ({ key: kind, name: null, said: sayUnnamed(kind, n), place: null, isMember: false }));
  return [...named, ...unnamed];
}

function sayUnnamed(kind: string, n: number): string {
  if (kind === 'member') return a.log.askers(n);
  const what = kind ? (w.record.kinds[kind] ?? kind) : w.record.unknownThing;
  return n === 1 ? what : `${what} (${n})`;
}
