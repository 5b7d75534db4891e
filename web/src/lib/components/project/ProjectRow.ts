// What a project shows in a list.
import { graphql } from '$lib/graphql/graphql';
import { PersonFields } from '../Person';

export const ProjectRowFields = graphql(
  `
    fragment ProjectRow on Project {
      id
      name { erased text }
      aim { erased text }
      interventions { id name }
      organisations { id name }
      region { id name }
      lead { ...Person }
      phase
      openBottleneckCount
    }
  `,
  [PersonFields],
);
