// What a cited source shows: a question, an answer or an experience.
import { graphql, type FragmentOf } from '$lib/graphql/graphql';
import { PersonFields } from '../Person';

export const SourceFields = graphql(
  `
    fragment Source on Source {
      __typename
      ... on Question {
        id
        title { erased text }
        answerCount
        answers { id accepted body { erased text } }
      }
      ... on Answer {
        id
        body { erased text }
        answeredBy: author { ...Person }
        question { id title { erased text } }
      }
      ... on Experience {
        id
        title { erased text }
        outcome { erased text }
        author { ...Person }
      }
    }
  `,
  [PersonFields],
);

export type Source = FragmentOf<typeof SourceFields>;

export function hrefOf(source: Source): string {
  if (source.__typename === 'Question') return `/vragen/${source.id}`;
  if (source.__typename === 'Answer') return `/vragen/${source.question.id}#${source.id}`;
  return `/ervaringen/${source.id}`;
}

/** As the mutations want it: one id, and for an answer its question's too. */
export function citation(source: Source) {
  if (source.__typename === 'Question') return { questionId: source.id };
  if (source.__typename === 'Answer') return { questionId: source.question.id, answerId: source.id };
  return { experienceId: source.id };
}

export const titleOf = (source: Source) =>
  source.__typename === 'Answer' ? source.question.title : source.title;
