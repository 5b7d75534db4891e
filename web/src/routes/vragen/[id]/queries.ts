// One question with its answers, and what one can do with it.
import { PersonFields } from '$components/Person';
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const QuestionPageQuery = graphql(
  `
    query QuestionPage($id: ID!) {
      question(id: $id) {
        id
        title { erased text }
        body { erased html }
        askedAt
        asker { ...Person }
        anonymous
        askedByViewer
        themes { id name }
        intervention { id name }
        phase
        project { id name { erased text } }
        answers {
          id
          body { erased html }
          author { ...Person }
          byAsker
          byViewer
          givenAt
          accepted
          helpfulCount
          helpfulToViewer
        }
        solved
        hadByCount
        hadByViewer
        actions
      }
    }
  `,
  [PersonFields],
);

export type QuestionShown = NonNullable<ResultOf<typeof QuestionPageQuery>['question']>;
export type AnswerShown = QuestionShown['answers'][number];

export const QuestionChangedSubscription = graphql(`
  subscription QuestionPageChanged($id: ID!, $after: Position) {
    questionChanged(questionId: $id, after: $after) {
      position
      question { id answers { id byViewer } }
    }
  }
`);

export const GiveAnswer = graphql(`
  mutation GiveAnswer($input: GiveAnswerInput!) {
    result: giveAnswer(input: $input) {
      __typename
      ... on QuestionChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const AcceptAnswer = graphql(`
  mutation AcceptAnswer($input: AcceptAnswerInput!) {
    result: acceptAnswer(input: $input) {
      __typename
      ... on QuestionChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const UnacceptAnswer = graphql(`
  mutation UnacceptAnswer($input: UnacceptAnswerInput!) {
    result: unacceptAnswer(input: $input) {
      __typename
      ... on QuestionChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const MarkHelpful = graphql(`
  mutation MarkHelpful($input: MarkHelpfulInput!) {
    result: markHelpful(input: $input) {
      __typename
      ... on QuestionChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const UnmarkHelpful = graphql(`
  mutation UnmarkHelpful($input: UnmarkHelpfulInput!) {
    result: unmarkHelpful(input: $input) {
      __typename
      ... on QuestionChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const HadSameQuestion = graphql(`
  mutation HadSameQuestion($input: HadSameQuestionInput!) {
    result: hadSameQuestion(input: $input) {
      __typename
      ... on QuestionChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const RevealAsker = graphql(`
  mutation RevealAsker($input: RevealAskerInput!) {
    result: revealAsker(input: $input) {
      __typename
      ... on QuestionChanged { position }
      ... on Refusal { code message field }
    }
  }
`);
