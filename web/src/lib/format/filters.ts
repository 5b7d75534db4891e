// Reading filters from an address. What is not understood counts as not given.

const PHASES = ['ORIENTATION', 'PREPARATION', 'IMPLEMENTATION', 'EMBEDDING', 'SCALE_UP'] as const;
const EXPERIENCE_KINDS = ['TRAINING', 'INTERVENTION', 'BOTTLENECK', 'APPROACH', 'MEETING'] as const;

export type Phase = (typeof PHASES)[number];
export type ExperienceKind = (typeof EXPERIENCE_KINDS)[number];

export const phases = PHASES;
export const experienceKinds = EXPERIENCE_KINDS;

export const phaseFrom = (text: string | null) => PHASES.find((phase) => phase === text);
export const experienceKindFrom = (text: string | null) => EXPERIENCE_KINDS.find((kind) => kind === text);
export const flagFrom = (text: string | null) => (text === '1' ? true : undefined);

/** As options of a select. */
export const namedOptions = (things: readonly { id: string; name: string }[]) =>
  things.map(({ id, name }) => ({ value: id, label: name }));

export const labelled = <Key extends string>(keys: readonly Key[], labels: Record<Key, string>) =>
  keys.map((value) => ({ value, label: labels[value] }));
