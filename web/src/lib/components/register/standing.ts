// How a grant or promising project stands on a day.
import { dayOf } from '$lib/format/when';
import { standing } from '$lib/state/standing.svelte';

const SOON = 30;

/** In the order in which they need attention. */
export const STANDINGS = ['SOON', 'NOW', 'LATER', 'OVER'] as const;
export type Standing = (typeof STANDINGS)[number];

/** The day as of which everything is shown. */
export const today = () => dayOf(standing.asOf ?? new Date());

/** How many days a day (2026-03-01) lies ahead. */
export const daysUntil = (day: string, now = today()) => Math.round((Date.parse(day) - Date.parse(now)) / 86_400_000);

export function standingOf({ from, lastDay }: { from: string; lastDay: string }, now = today()): Standing {
  if (lastDay < now || lastDay < from) return 'OVER';
  if (from > now) return 'LATER';
  return daysUntil(lastDay, now) <= SOON ? 'SOON' : 'NOW';
}

/** What one looks for by how it stands: what ends soon holds now, too. */
export const isWanted = (wanted: string, it: Standing) => !wanted || wanted === it || (wanted === 'NOW' && it === 'SOON');
