// Names of people and things, when the text may have been erased.
import { t } from '$lib/i18n';

/** What people wrote, or that it was erased. */
export interface Written {
  erased: boolean;
  text: string | null;
}

/** A text on one line, e.g. a title in a link. */
export const wordsOf = (words: Written) => (words.erased ? t.common.erased : (words.text ?? ''));

/** A text as an excerpt: without the marks of its markup. */
export const plainOf = (words: Written) =>
  wordsOf(words)
    .replace(/^[ \t]*(?:[-*+]|\d+\.|#+|>)[ \t]+/gm, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/(\*\*|__|\*|`)(.+?)\1/g, '$2');

export const nameOf = (member: { name: Written }) =>
  member.name.erased ? t.common.someone : (member.name.text ?? t.common.someone);

export const firstNameOf = (member: { name: Written }) => nameOf(member).split(' ')[0] ?? '';
