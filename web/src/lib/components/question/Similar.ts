// What others already found, for use while typing.
import { graphql } from '$lib/graphql/graphql';

export const SimilarQuery = graphql(`
  query Similar($text: String!, $first: Int!) {
    similar(text: $text, first: $first) {
      title
      excerpt
      contribution {
        __typename
        ... on Question { id answerCount solved }
        ... on Experience { id reuses { at } }
      }
    }
  }
`);
