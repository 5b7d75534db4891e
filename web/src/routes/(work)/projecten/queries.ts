// The list of projects, and what one can filter on.
import { ProjectRowFields } from '$components/project/ProjectRow';
import { graphql, type VariablesOf } from '$lib/graphql/graphql';

export const ProjectListQuery = graphql(
  `
    query ProjectList($filter: ProjectFilter) {
      projects(first: 20, filter: $filter) {
        nodes { ...ProjectRow }
        pageInfo { hasNextPage endCursor }
      }
      interventions { id name }
      regions { id name }
      viewer { actions }
    }
  `,
  [ProjectRowFields],
);

export const MoreProjectsQuery = graphql(
  `
    query MoreProjects($filter: ProjectFilter, $after: String) {
      projects(first: 20, after: $after, filter: $filter) {
        nodes { ...ProjectRow }
        pageInfo { hasNextPage endCursor }
      }
    }
  `,
  [ProjectRowFields],
);

export type ProjectFilter = NonNullable<VariablesOf<typeof ProjectListQuery>['filter']>;
