// The four steps of a cycle, and how far a cycle is.

export const STEPS = ['PLAN', 'DO', 'STUDY', 'ACT'] as const;
export type Step = (typeof STEPS)[number];
export type Stage = 'PLANNED' | 'STARTED' | 'STUDIED' | 'DECIDED' | 'ABANDONED';

const REACHED: Record<Exclude<Stage, 'ABANDONED'>, number> = { PLANNED: 1, STARTED: 2, STUDIED: 3, DECIDED: 4 };

/** How many of the four steps a cycle has entered. */
export function reached(cycle: { stage: Stage; startedAt: string | null; studied?: boolean }): number {
  if (cycle.stage !== 'ABANDONED') return REACHED[cycle.stage];
  return cycle.studied ? 3 : cycle.startedAt ? 2 : 1;
}
