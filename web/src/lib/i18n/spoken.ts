// In which language a text was written, so that screen readers pronounce it right on a page in the other one. People
// do not say it; their small words do. No imports here: the tests read this file by itself.

/** Words that are common in one of the two languages and not in the other. */
const COMMON = {
  nl: 'aan al als bij dan dat de deze die dit doe een elke en er geen had heb hebben heeft het hij hoe hun iemand ik je jij jullie kan kun kunnen maar met mij mijn moet na naar niet nog nu om ons onze ook op over te tot uit van veel voor waar wat we weet wel werd wie wij willen worden wordt ze zijn zo zonder',
  en: 'about after all an and any are as at be been but by can could did do does each every for from had has have he her his how i if into it its me my no not on our out she should so than that the their them then there they this to too us was we were what when where which who why will with without would you your',
} as const;

const words = { nl: new Set(COMMON.nl.split(' ')), en: new Set(COMMON.en.split(' ')) };

/** Dutch, unless it is clearly English: that is what is spoken here. */
export function spokenIn(text: string): 'nl' | 'en' {
  let [dutch, english] = [0, 0];
  for (const word of text.toLowerCase().match(/[\p{L}]+/gu) ?? []) {
    const [nl, en] = [words.nl.has(word), words.en.has(word)];
    if (nl && !en) dutch++;
    if (en && !nl) english++;
  }
  return english > dutch ? 'en' : 'nl';
}
