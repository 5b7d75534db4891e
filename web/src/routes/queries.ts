// Start: what is mine, and what is new from others.
import { PersonFields } from '$components/Person';
import { NextStepFields } from '$components/project/nextStep';
import { QuestionRowFields } from '$components/question/QuestionRow';
import { graphql } from '$lib/graphql/graphql';

export const StartQuery = graphql(
  `
    query Start {
      mine: questions(first: 20, filter: { mine: true }) { nodes { ...QuestionRow } }
      latest: questions(first: 8) {
        nodes {
          id
          title { erased text }
          askedAt
          asker { ...Person }
          askedByViewer
          answerCount
        }
      }
      experiences(first: 4) {
        nodes {
          id
          title { erased text }
          sharedAt
          author { ...Person }
          byViewer
        }
      }
      viewer {
        projects {
          id
          name { erased text }
          phase
          openBottleneckCount
          ...NextStep
        }
      }
    }
  `,
  [PersonFields, QuestionRowFields, NextStepFields],
);
