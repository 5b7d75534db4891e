// Sharing an experience.
import { graphql } from '$lib/graphql/graphql';

export const ShareFormQuery = graphql(`
  query ShareForm {
    themes { id name }
    interventions { id name }
    viewer { projects { id name { erased text } } }
  }
`);

export const ShareExperience = graphql(`
  mutation ShareExperience($input: ShareExperienceInput!) {
    result: shareExperience(input: $input) {
      __typename
      ... on ExperienceChanged { experience { id } position }
      ... on Refusal { code message field }
    }
  }
`);
