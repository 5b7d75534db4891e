// Cycles that follow one another form a ramp ("ladder"): the same change, tried step by step.

interface Chained {
  id: string;
  follows: { id: string } | null;
  plannedAt: string;
}

/** Ramps, the one worked on last first; in each, cycles in the order in which they followed. */
export function ramps<Cycle extends Chained>(cycles: readonly Cycle[]): Cycle[][] {
  const byId = new Map(cycles.map((cycle) => [cycle.id, cycle]));
  const rootOf = (cycle: Cycle): string => {
    const seen = new Set<string>();
    let at = cycle;
    for (let up = at.follows && byId.get(at.follows.id); up && !seen.has(up.id); up = at.follows && byId.get(at.follows.id)) {
      seen.add(up.id);
      at = up;
    }
    return at.id;
  };
  const found = new Map<string, Cycle[]>();
  for (const cycle of [...cycles].sort((a, b) => a.plannedAt.localeCompare(b.plannedAt))) {
    const root = rootOf(cycle);
    found.set(root, [...(found.get(root) ?? []), cycle]);
  }
  const last = (ramp: Cycle[]) => ramp.at(-1)?.plannedAt ?? '';
  return [...found.values()].sort((a, b) => last(b).localeCompare(last(a)));
}

/** How many of `count` stand beside one another when rows hold `most` and are about equally full. */
export const inRows = (count: number, most: number) => Math.ceil(count / Math.max(Math.ceil(count / most), 1));
