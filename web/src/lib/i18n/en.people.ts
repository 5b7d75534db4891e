// The words of finding colleagues and having contact, in English.
import type { PeopleWords } from './nl.people';

export const en: PeopleWords = {
  title: 'People',
  lead: 'Find somebody who works on the same, or is further along. Here are those who are open to contact.',
  search: 'Name or organisation',
  kind: 'Kind of organisation',
  anyKind: 'All organisations',
  knows: 'Knows well',
  knowsOf: (themes) => `Knows ${themes} well`,
  none: 'Nobody found',
  noneText: 'Drop a choice, or search for a part of the name. You can put your question to everybody, too.',
  empty: 'Nobody is open to contact yet',
  emptyText: 'Whoever says in their profile that contact is welcome is listed here.',
  notOpen: 'You cannot be found here yourself.',
  notOpenChange: 'Switch contact on in your profile',
};
