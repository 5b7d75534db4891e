// Names of people and things, when the text may have been erased.
import { t } from '$lib/i18n';

interface Words {
  erased: boolean;
  text: string | null;
}

/** A text on one line, e.g. a title in a link. */
export const wordsOf = (words: Words) => (words.erased ? t.common.erased : (words.text ?? ''));

/** A text as an excerpt: without the marks of its markup. */
export const plainOf = (words: Words) =>
  wordsOf(words)
    .replace(/^[ \t]*(?:[-*+]|\d+\.|#+|>)[ \t]+/gm, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/(\*\*|__|\*|`)(.+?)\1/g, '$2');

export const nameOf = (member: { name: Words }) =>
  member.name.erased ? t.common.someone : (member.name.text ?? t.common.someone);

export const firstNameOf = (member: { name: Words }) => nameOf(member).split(' ')[0] ?? '';
