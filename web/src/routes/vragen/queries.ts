// The question board: one page of questions, and what one can filter on.
import { QuestionRowFields } from '$components/question/QuestionRow';
import { graphql, type VariablesOf } from '$lib/graphql/graphql';

export const QuestionBoardQuery = graphql(
  `
    query QuestionBoard($filter: QuestionFilter) {
      questions(first: 20, filter: $filter) {
        nodes { ...QuestionRow }
        pageInfo { hasNextPage endCursor }
      }
      themes { id name }
      interventions { id name }
    }
  `,
  [QuestionRowFields],
);

export const MoreQuestionsQuery = graphql(
  `
    query MoreQuestions($filter: QuestionFilter, $after: String) {
      questions(first: 20, after: $after, filter: $filter) {
        nodes { ...QuestionRow }
        pageInfo { hasNextPage endCursor }
      }
    }
  `,
  [QuestionRowFields],
);

export type QuestionFilter = NonNullable<VariablesOf<typeof QuestionBoardQuery>['filter']>;
