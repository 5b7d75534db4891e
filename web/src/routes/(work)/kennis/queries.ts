// The list of knowledge pages.
import { graphql, type VariablesOf } from '$lib/graphql/graphql';

export const KnowledgeListQuery = graphql(`
  query KnowledgeList($filter: KnowledgePageFilter, $after: String) {
    knowledgePages(first: 50, after: $after, filter: $filter) {
      nodes {
        id
        title { erased text }
        intervention { id name summary }
        theme { id name }
        publishedVersion
        publishedAt
        unpublishedChanges
        actions
      }
      pageInfo { hasNextPage endCursor }
    }
    themes { id name }
    interventions { id name }
    viewer { actions }
  }
`);

export type KnowledgeFilter = NonNullable<VariablesOf<typeof KnowledgeListQuery>['filter']>;
