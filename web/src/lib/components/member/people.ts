// Everybody who takes part, to choose somebody from.
import { PersonFields } from '$components/Person';
import { nameOf } from '$lib/format/names';
import { request } from '$lib/graphql/client';
import { graphql, type ResultOf } from '$lib/graphql/graphql';

const PeopleQuery = graphql(
  `
    query People($after: String) {
      members(first: 50, after: $after) {
        nodes { ...Person }
        pageInfo { hasNextPage endCursor }
      }
    }
  `,
  [PersonFields],
);

type Members = ResultOf<typeof PeopleQuery>['members'];

/** As options of a select, by name; without some, and without who was erased. */
export async function peopleToChoose(without: ReadonlySet<string> = new Set()): Promise<{ value: string; label: string }[]> {
  const people: { value: string; label: string }[] = [];
  let after: string | null = null;
  do {
    const members: Members = (await request(PeopleQuery, { after })).members;
    const some = members.nodes.filter(({ id, name }) => !without.has(id) && !name.erased);
    people.push(...some.map((person) => ({ value: person.id, label: `${nameOf(person)}, ${person.organisation.name}` })));
    after = members.pageInfo.hasNextPage ? members.pageInfo.endCursor : null;
  } while (after);
  return people.sort((a, b) => a.label.localeCompare(b.label));
}
