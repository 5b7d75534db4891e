// One experience: what happened, what helped, where it is being tried.
import { PersonFields } from '$components/Person';
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const ExperiencePageQuery = graphql(
  `
    query ExperiencePage($id: ID!) {
      experience(id: $id) {
        id
        kind
        title { erased text }
        body { erased html }
        outcome { erased html }
        author { ...Person }
        byViewer
        sharedAt
        themes { id name }
        intervention { id name }
        phase
        project { id name { erased text } }
        helpfulCount
        helpfulToViewer
        reuses {
          at
          by { ...Person }
          project { id name { erased text } region { id name } }
        }
        actions
      }
      viewer {
        projects {
          id
          name { erased text }
          actions
          bottlenecks { id text { erased text } resolution { at } }
          reuses { experience { id } }
        }
      }
    }
  `,
  [PersonFields],
);

export type ExperienceShown = NonNullable<ResultOf<typeof ExperiencePageQuery>['experience']>;
export type OwnProject = NonNullable<ResultOf<typeof ExperiencePageQuery>['viewer']>['projects'][number];

export const MarkExperienceHelpful = graphql(`
  mutation MarkExperienceHelpful($input: MarkExperienceHelpfulInput!) {
    result: markExperienceHelpful(input: $input) {
      __typename
      ... on ExperienceChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const UnmarkExperienceHelpful = graphql(`
  mutation UnmarkExperienceHelpful($input: UnmarkExperienceHelpfulInput!) {
    result: unmarkExperienceHelpful(input: $input) {
      __typename
      ... on ExperienceChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const ReuseSolution = graphql(`
  mutation ReuseSolution($input: ReuseSolutionInput!) {
    result: reuseSolution(input: $input) {
      __typename
      ... on ProjectChanged { project { id } position }
      ... on Refusal { code message field }
    }
  }
`);
