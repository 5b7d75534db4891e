// The consortia and classes a region can have, and numbers as people type them.
import { r } from '$lib/i18n';
import type { Region } from './queries';

export const consortia = () => Object.keys(r.consortium) as Region['consortiumCode'][];
export const urbanities = () => Object.keys(r.urbanity) as NonNullable<Region['urbanity']>[];

/** "583.000" and "583 000" are 583000; nothing is null; what is no number is undefined. */
export function countFrom(typed: string): number | null | undefined {
  const digits = typed.replace(/[\s.,]/g, '');
  if (!digits) return null;
  return /^\d{1,9}$/.test(digits) ? Number(digits) : undefined;
}
