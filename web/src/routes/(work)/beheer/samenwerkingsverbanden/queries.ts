// Collaborations: forming them, and who takes part.
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const CollaborationsQuery = graphql(`
  query Collaborations {
    collaborations { id name organisations { id name } }
    organisations { id name kind region { id name } }
  }
`);

export type Collaboration = ResultOf<typeof CollaborationsQuery>['collaborations'][number];
export type Organisation = ResultOf<typeof CollaborationsQuery>['organisations'][number];

export const FormCollaboration = graphql(`
  mutation FormCollaboration($input: FormCollaborationInput!) {
    result: formCollaboration(input: $input) {
      __typename
      ... on CollaborationChanged { collaboration { id name } position }
      ... on Refusal { code message field }
    }
  }
`);

export const JoinCollaboration = graphql(`
  mutation JoinCollaboration($input: JoinCollaborationInput!) {
    result: joinCollaboration(input: $input) {
      __typename
      ... on CollaborationChanged { collaboration { id } position }
      ... on Refusal { code message field }
    }
  }
`);

export const LeaveCollaboration = graphql(`
  mutation LeaveCollaboration($input: LeaveCollaborationInput!) {
    result: leaveCollaboration(input: $input) {
      __typename
      ... on CollaborationChanged { collaboration { id } position }
      ... on Refusal { code message field }
    }
  }
`);
