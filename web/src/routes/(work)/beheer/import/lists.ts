// The lists one can import: their columns and an example. Files are in Dutch, whatever language the page is in.
import { fileOf } from './read';
import type { Kind, Register } from './queries';

interface Column {
  name: string;
  /** May be left out, or left empty. */
  optional?: boolean;
  /** The words that may stand here. */
  words?: readonly string[];
}

interface List {
  columns: readonly Column[];
  /** Where one sees what is in it. */
  place: string;
  file: string;
}

const KINDS = ['ziekenhuis', 'hospice', 'huisartsengroep', 'zorginstelling', 'thuiszorg', 'zorgnetwerk', 'kennisorganisatie', 'programmaorganisatie'];
const SETTINGS = ['thuis', 'huisartsenpraktijk', 'ziekenhuis', 'verpleeghuis', 'hospice'];
const URBANITIES = ['zeer sterk stedelijk', 'sterk stedelijk', 'matig stedelijk', 'weinig stedelijk', 'niet stedelijk'];
const CONSORTIA = ['Ligare', 'Noord-Holland en Flevoland', 'Septet', 'Propallia', 'Zuidwest', 'Zuidoost', 'Limburg en Zuidoost-Brabant'];

const TERMS: readonly Column[] = [{ name: 'organisaties' }, { name: 'interventies' }, { name: 'van' }, { name: 'tot en met' }];

export const LISTS: Readonly<Record<Kind, List>> = {
  ORGANISATIONS: {
    columns: [{ name: 'naam' }, { name: 'soort', words: KINDS }, { name: 'regio' }, { name: 'settings', optional: true, words: SETTINGS }],
    place: '/beheer/organisaties',
    file: 'organisaties.csv',
  },
  REGIONS: {
    columns: [
      { name: 'naam' },
      { name: 'consortium', words: CONSORTIA },
      { name: 'inwoners', optional: true },
      { name: '75plus', optional: true },
      { name: 'stedelijkheid', optional: true, words: URBANITIES },
    ],
    place: '/beheer/regios',
    file: 'regios.csv',
  },
  GRANTS: {
    columns: [{ name: 'nummer' }, ...TERMS, { name: 'ronde', optional: true }],
    place: '/beheer/toegangsgronden',
    file: 'subsidies.csv',
  },
  PROMISING_PROJECTS: {
    columns: [{ name: 'naam' }, ...TERMS],
    place: '/beheer/toegangsgronden',
    file: 'kansrijke-projecten.csv',
  },
};

export const KINDS_OF_LIST = Object.keys(LISTS) as Kind[];

/** A file with the columns and one example, with names that are in the register. */
export function templateOf(kind: Kind, register: Register, year = new Date().getFullYear() + 1): string {
  const first = (things: readonly { name: string }[]) => things[0]?.name ?? '';
  const two = register.organisations.slice(0, 2).map(({ name }) => name).join('|');
  const terms = [two, first(register.interventions), `01-01-${year}`, `31-12-${year}`];
  const example: Record<Kind, string[]> = {
    ORGANISATIONS: ['Hospice De Voorbeeldhof', 'hospice', first(register.regions), 'hospice|thuis'],
    REGIONS: ['Voorbeeldstreek', 'Ligare', '310000', '29000', 'weinig stedelijk'],
    GRANTS: ['VB-2027-001', ...terms, first(register.fundingRounds.filter(({ closedAt }) => closedAt === null))],
    PROMISING_PROJECTS: ['Samen vooruit in de Voorbeeldstreek', ...terms],
  };
  return fileOf([LISTS[kind].columns.map(({ name }) => name), example[kind]]);
}
