// What an experience shows in a list.
import { graphql } from '$lib/graphql/graphql';
import { PersonFields } from '../Person';

export const ExperienceRowFields = graphql(
  `
    fragment ExperienceRow on Experience {
      id
      kind
      title { erased text }
      outcome { erased text }
      author { ...Person }
      sharedAt
      themes { id name }
      intervention { id name }
      phase
      helpfulCount
      reuses { at }
    }
  `,
  [PersonFields],
);
