// Moments and days as people say them. Always Dutch time: that is where the work happens.
import { locale, t } from '$lib/i18n';

const ZONE = 'Europe/Amsterdam';
const TAG = locale === 'en' ? 'en-GB' : 'nl-NL';

const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(TAG, { timeZone: ZONE, ...options });

const time = format({ hour: '2-digit', minute: '2-digit' });
const day = format({ day: 'numeric', month: 'long' });
const dayAndYear = format({ day: 'numeric', month: 'long', year: 'numeric' });
const weekday = format({ weekday: 'long', day: 'numeric', month: 'long' });
const weekdayAndYear = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const exact = format({
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const plainDay = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE });

/** The calendar day of a moment, as 2026-03-01. */
export const dayOf = (moment: string | Date) => plainDay.format(new Date(moment));

function daysAgo(moment: string, now: Date): number {
  return Math.round((Date.parse(dayOf(now)) - Date.parse(dayOf(moment))) / 86_400_000);
}

const hour = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, hour: '2-digit', hourCycle: 'h23' });

/** The moment at which a calendar day (2026-03-01) is over: midnight here is at 22 or 23 hours by the clock of the world. */
export function endOfDay(date: string): string {
  const summer = new Date(`${date}T22:00:00Z`);
  return (hour.format(summer) === '00' ? summer : new Date(`${date}T23:00:00Z`)).toISOString();
}

export const sayTime = (moment: string) => time.format(new Date(moment));

export const sayExactly = (moment: string) => exact.format(new Date(moment));

/** "vandaag 14:05", "gisteren 09:10", "3 maart", "3 maart 2025". */
export function sayMoment(moment: string, now = new Date()): string {
  const ago = daysAgo(moment, now);
  if (ago === 0) return t.time.today(sayTime(moment));
  if (ago === 1) return t.time.yesterday(sayTime(moment));
  return sayDate(dayOf(moment), now);
}

/** A calendar date (2026-03-01): "1 maart", with the year when it is another year. */
export function sayDate(date: string, now = new Date()): string {
  const noon = new Date(`${date}T12:00:00Z`);
  return (date.slice(0, 4) === dayOf(now).slice(0, 4) ? day : dayAndYear).format(noon);
}

/** The heading above a day in a timeline. */
export function sayDay(date: string, now = new Date()): string {
  const ago = daysAgo(`${date}T12:00:00Z`, now);
  if (ago === 0) return t.time.todayAlone;
  if (ago === 1) return t.time.yesterdayAlone;
  const thisYear = date.slice(0, 4) === dayOf(now).slice(0, 4);
  return (thisYear ? weekday : weekdayAndYear).format(new Date(`${date}T12:00:00Z`));
}

export const sayNumber = (number: number) => new Intl.NumberFormat(TAG).format(number);
