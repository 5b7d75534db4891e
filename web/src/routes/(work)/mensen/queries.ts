// Finding colleagues who are open to contact.
import { PersonFields } from '$components/Person';
import { graphql, type ResultOf, type VariablesOf } from '$lib/graphql/graphql';

const ColleagueFields = graphql(
  `
    fragment Colleague on Colleague {
      id
      member { ...Person expertise { id name } organisation { id region { id name } } }
      projects { id name { erased text } phase interventions { id name } }
    }
  `,
  [PersonFields],
);

export const ColleaguesQuery = graphql(
  `
    query Colleagues($filter: ColleagueFilter) {
      colleagues(first: 20, filter: $filter) {
        nodes { ...Colleague }
        pageInfo { hasNextPage endCursor }
      }
      interventions { id name }
      regions { id name }
      themes { id name }
      viewer { member { id openToContact } }
    }
  `,
  [ColleagueFields],
);

export const MoreColleaguesQuery = graphql(
  `
    query MoreColleagues($filter: ColleagueFilter, $after: String) {
      colleagues(first: 20, after: $after, filter: $filter) {
        nodes { ...Colleague }
        pageInfo { hasNextPage endCursor }
      }
    }
  `,
  [ColleagueFields],
);

export type ColleagueFilter = NonNullable<VariablesOf<typeof ColleaguesQuery>['filter']>;
export type Colleague = ResultOf<typeof ColleaguesQuery>['colleagues']['nodes'][number];
