// The words of finding colleagues and having contact, in Dutch.

export const nl = {
  title: 'Mensen',
  lead: 'Zoek iemand die met hetzelfde bezig is, of al verder is. Hier staat wie openstaat voor contact.',
  search: 'Naam of organisatie',
  kind: 'Soort organisatie',
  anyKind: 'Alle organisaties',
  knows: 'Weet veel van',
  knowsOf: (themes: string) => `Weet veel van ${themes}`,
  none: 'Niemand gevonden',
  noneText: 'Haal een keuze weg, of zoek op een deel van de naam. Je kunt je vraag ook aan iedereen stellen.',
  empty: 'Er staat nog niemand open voor contact',
  emptyText: 'Wie in het profiel aangeeft dat contact mag, staat hier.',
  notOpen: 'Zelf ben je hier niet te vinden.',
  notOpenChange: 'Zet contact aan in je profiel',
};

export type PeopleWords = typeof nl;
