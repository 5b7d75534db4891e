// Taking a text away, whatever it stands with.
import { graphql, type VariablesOf } from '$lib/graphql/graphql';

export const RedactQuestion = graphql(`
  mutation RedactQuestion($input: RedactQuestionInput!) {
    result: redactQuestion(input: $input) {
      __typename
      ... on QuestionChanged { question { id } position }
      ... on Refusal { code message field }
    }
  }
`);

export const RedactExperience = graphql(`
  mutation RedactExperience($input: RedactExperienceInput!) {
    result: redactExperience(input: $input) {
      __typename
      ... on ExperienceChanged { experience { id } position }
      ... on Refusal { code message field }
    }
  }
`);

export const RedactProjectText = graphql(`
  mutation RedactProjectText($input: RedactProjectTextInput!) {
    result: redactProjectText(input: $input) {
      __typename
      ... on ProjectChanged { project { id } position }
      ... on Refusal { code message field }
    }
  }
`);

export type Ground = VariablesOf<typeof RedactExperience>['input']['ground'];
