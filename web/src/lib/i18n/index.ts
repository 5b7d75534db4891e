// Which language, and its texts. They are set once, before anything is shown; switching reloads the page
// (drafts stay), so that texts from the server change along.
import type { Words } from './nl';
import type { AccessWords } from './nl.access';
import type { PeopleWords } from './nl.people';
import type { PrivacyWords } from './nl.privacy';
import type { RegisterWords } from './nl.register';
import type { WorkWords } from './nl.work';
import { spokenIn } from './spoken';

export type Locale = 'nl' | 'en';

const STORED = 'leerwerk.locale';

function storedLocale(): Locale {
  try {
    return localStorage.getItem(STORED) === 'en' ? 'en' : 'nl';
  } catch {
    return 'nl';
  }
}

export const locale: Locale = storedLocale();

/** The words every page may need. Set by `loadWords`, which the root layout awaits. */
export let t: Words;

/** The words of projects, cycles and the like. Only for pages under routes/(work), whose layout awaits them. */
export let w: WorkWords;

/** The words of access: signing in, asking for it, its end, who looked. Whoever shows them awaits `loadAccessWords`. */
export let a: AccessWords;

/** The words of having and forgetting what is kept about somebody. Whoever shows them awaits `loadPrivacyWords`. */
export let p: PrivacyWords;

/** The words of keeping the register. Only for pages under routes/(work)/beheer, whose layout awaits them. */
export let r: RegisterWords;

/** The words of finding colleagues. Whoever shows them awaits `loadPeopleWords`. */
export let m: PeopleWords;

export async function loadWords(): Promise<void> {
  if (t) return;
  document.documentElement.lang = locale;
  t = locale === 'en' ? (await import('./en')).en : (await import('./nl')).nl;
}

export async function loadWorkWords(): Promise<void> {
  if (w) return;
  w = locale === 'en' ? (await import('./en.work')).en : (await import('./nl.work')).nl;
}

export async function loadAccessWords(): Promise<void> {
  if (a) return;
  a = locale === 'en' ? (await import('./en.access')).en : (await import('./nl.access')).nl;
}

export async function loadPrivacyWords(): Promise<void> {
  if (p) return;
  p = locale === 'en' ? (await import('./en.privacy')).en : (await import('./nl.privacy')).nl;
}

export async function loadPeopleWords(): Promise<void> {
  if (m) return;
  m = locale === 'en' ? (await import('./en.people')).en : (await import('./nl.people')).nl;
}

export async function loadRegisterWords(): Promise<void> {
  if (r) return;
  r = locale === 'en' ? (await import('./en.register')).en : (await import('./nl.register')).nl;
}

/** For `lang` on what somebody wrote: its language, when that is not the language of the page. */
export function langOf(text: string | null | undefined): Locale | undefined {
  const spoken = text ? spokenIn(text) : locale;
  return spoken === locale ? undefined : spoken;
}

export function switchLocale(to: Locale): void {
  try {
    localStorage.setItem(STORED, to);
  } catch {
    // Without storage the choice cannot be kept.
  }
  location.reload();
}
