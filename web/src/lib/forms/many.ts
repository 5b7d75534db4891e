// Finding things in a long list: by what people type, in groups.

/** One of many things, to be found by what it is called and what it is. */
export interface Findable {
  id: string;
  name: string;
  /** What kind of thing, in a word or two. */
  about?: string;
}

/** One of many things in groups, e.g. an organisation in its region. */
export interface Option extends Findable {
  group: { id: string; name: string };
}

export interface Group {
  id: string;
  name: string;
  options: Option[];
}

/** Without accents and capitals: "Coöperatie" is found by "cooperatie". */
const plain = (text: string) =>
  text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase();

/** Tells whether a text has every word that was typed. */
export function having(typed: string): (text: string) => boolean {
  const wanted = plain(typed).split(/\s+/).filter(Boolean);
  return (text) => {
    const whole = plain(text);
    return wanted.every((word) => whole.includes(word));
  };
}

/** What has every word that was typed in its name, its kind or the name of its group. */
export function matching(options: readonly Option[], typed: string): Option[] {
  const wanted = having(typed);
  return options.filter(({ name, about = '', group }) => wanted(`${name} ${about} ${group.name}`));
}

/** By group, in the order of the groups' names; the group with the id `first` before the others. */
export function grouped(options: readonly Option[], first?: string): Group[] {
  const groups = new Map<string, Group>();
  for (const option of options) {
    const group = groups.get(option.group.id) ?? { ...option.group, options: [] };
    group.options.push(option);
    groups.set(group.id, group);
  }
  return [...groups.values()].sort(
    (a, b) => Number(b.id === first) - Number(a.id === first) || a.name.localeCompare(b.name),
  );
}
