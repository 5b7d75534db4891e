// What differs between two moments of a project, in words, and which things on the page it is about.
import { nameOf, plainOf, type Written } from '$lib/format/names';
import { t, w } from '$lib/i18n';
import type { ProjectShown } from './queries';

export interface Difference {
  /** The id of the thing; `phase` for the project itself. */
  about: string;
  text: string;
}

const LONGEST = 90;

function excerpt(words: Written): string {
  const text = plainOf(words).replace(/\s+/g, ' ');
  return text.length > LONGEST ? `${text.slice(0, LONGEST).replace(/\s+\S*$/, '')} …` : text;
}

/** What of the second list is not in the first. */
function added<Thing>(before: readonly Thing[], after: readonly Thing[], key: (thing: Thing) => string): Thing[] {
  const known = new Set(before.map(key));
  return after.filter((thing) => !known.has(key(thing)));
}

const byId = ({ id }: { id: string }) => id;

/** From the earlier to the later moment. */
export function differences(earlier: ProjectShown, later: ProjectShown): Difference[] {
  const words = w.past;
  const found: Difference[] = [];
  const tell = (about: string, text: string) => found.push({ about, text });

  if (earlier.phase !== later.phase) tell('phase', words.phase(t.phase[earlier.phase], t.phase[later.phase]));
  for (const { id, text } of added(earlier.bottlenecks, later.bottlenecks, byId)) tell(id, words.raised(excerpt(text)));
  const open = new Set(earlier.bottlenecks.filter(({ resolution }) => !resolution).map(byId));
  const known = new Set(earlier.bottlenecks.map(byId));
  for (const { id, text, resolution } of later.bottlenecks) {
    if (resolution && (open.has(id) || !known.has(id))) tell(id, words.resolved(excerpt(text)));
  }
  for (const person of added(earlier.participants, later.participants, byId)) tell(person.id, words.joined(nameOf(person)));
  for (const person of added(later.participants, earlier.participants, byId)) tell(person.id, words.left(nameOf(person)));
  for (const { experience, at } of added(earlier.reuses, later.reuses, ({ experience, at }) => experience.id + at)) {
    tell(experience.id + at, words.reused(excerpt(experience.title)));
  }
  const stages = new Map(earlier.cycles.map(({ id, stage }) => [id, stage]));
  for (const { id, number, change, stage } of later.cycles) {
    const was = stages.get(id);
    if (!was) tell(id, words.planned(number, excerpt(change)));
    if (stage !== (was ?? 'PLANNED')) tell(id, words.stage(number, w.pdsa.stage[was ?? 'PLANNED'], w.pdsa.stage[stage]));
  }
  for (const { id, by } of added(earlier.updates, later.updates, byId)) tell(id, words.posted(by ? nameOf(by) : null));
  return found;
}
