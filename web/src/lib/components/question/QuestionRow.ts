// What a question shows in a list.
import { graphql } from '$lib/graphql/graphql';
import { PersonFields } from '../Person';

export const QuestionRowFields = graphql(
  `
    fragment QuestionRow on Question {
      id
      title { erased text }
      askedAt
      asker { ...Person }
      anonymous
      askedByViewer
      themes { id name }
      intervention { id name }
      phase
      answerCount
      solved
      hadByCount
    }
  `,
  [PersonFields],
);
