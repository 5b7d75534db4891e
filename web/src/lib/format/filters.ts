// Reading filters from an address. What is not understood counts as not given.

const PHASES = ['ORIENTATION', 'PREPARATION', 'IMPLEMENTATION', 'EMBEDDING', 'SCALE_UP'] as const;
const EXPERIENCE_KINDS = ['TRAINING', 'INTERVENTION', 'BOTTLENECK', 'APPROACH', 'MEETING'] as const;

export type Phase = (typeof PHASES)[number];
export type ExperienceKind = (typeof EXPERIENCE_KINDS)[number];

export const phases = PHASES;
export const experienceKinds = EXPERIENCE_KINDS;

export const phaseFrom = (text: string | null) => PHASES.find((phase) => phase === text);
export const experienceKindFrom = (text: string | null) => EXPERIENCE_KINDS.find((kind) => kind === text);
/** The id of a thing of this kind; an address may be old, or cut off. */
export const idFrom = (kind: string, text: string | null) =>
  text && new RegExp(`^${kind}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).test(text) ? text : undefined;
export const flagFrom = (text: string | null) => (text === '1' ? true : undefined);

/** As options of a select. */
export const namedOptions = (things: readonly { id: string; name: string }[]) =>
  things.map(({ id, name }) => ({ value: id, label: name }));

export const labelled = <Key extends string>(keys: readonly Key[], labels: Record<Key, string>) =>
  keys.map((value) => ({ value, label: labels[value] }));
