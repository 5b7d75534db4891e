// The feed of experiences, and what one can filter on.
import { ExperienceRowFields } from '$components/experience/ExperienceRow';
import { graphql, type VariablesOf } from '$lib/graphql/graphql';

export const ExperienceFeedQuery = graphql(
  `
    query ExperienceFeed($filter: ExperienceFilter) {
      experiences(first: 20, filter: $filter) {
        nodes { ...ExperienceRow }
        pageInfo { hasNextPage endCursor }
      }
      themes { id name }
      interventions { id name }
      viewer { actions }
    }
  `,
  [ExperienceRowFields],
);

export const MoreExperiencesQuery = graphql(
  `
    query MoreExperiences($filter: ExperienceFilter, $after: String) {
      experiences(first: 20, after: $after, filter: $filter) {
        nodes { ...ExperienceRow }
        pageInfo { hasNextPage endCursor }
      }
    }
  `,
  [ExperienceRowFields],
);

export type ExperienceFilter = NonNullable<VariablesOf<typeof ExperienceFeedQuery>['filter']>;
