// Beginning a knowledge page.
import { graphql } from '$lib/graphql/graphql';

export const DraftFormQuery = graphql(`
  query DraftForm {
    themes { id name }
    interventions { id name }
  }
`);

export const DraftPage = graphql(`
  mutation DraftPage($input: DraftPageInput!) {
    result: draftPage(input: $input) {
      __typename
      ... on KnowledgePageChanged { knowledgePage { id } position }
      ... on Refusal { code message field }
    }
  }
`);
