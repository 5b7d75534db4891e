// Asking a question.
import { graphql } from '$lib/graphql/graphql';

export const AskFormQuery = graphql(`
  query AskForm {
    themes { id name }
    interventions { id name }
    viewer { projects { id name { erased text } } }
  }
`);

export const AskQuestion = graphql(`
  mutation AskQuestion($input: AskQuestionInput!) {
    result: askQuestion(input: $input) {
      __typename
      ... on QuestionChanged { question { id } position }
      ... on Refusal { code message field }
    }
  }
`);
