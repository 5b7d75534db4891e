// How long something is kept, as people say it.
import { r } from '$lib/i18n';

const DAY = 24;

/** From hours: whole years and months where it is those, nearly so, and days or hours otherwise. */
export function sayPeriod(hours: number): string {
  if (hours === 0) return r.retention.ownEnd;
  if (hours % DAY !== 0) return r.retention.hours(hours);
  const days = hours / DAY;
  // A year of 365 days, and a leap day for every fourth.
  const years = Math.round(days / 365.25);
  if (years >= 1 && Math.abs(days - years * 365.25) <= 1) return r.retention.years(years);
  return r.retention.days(days);
}
