// Inviting somebody to take part.
import { graphql } from '$lib/graphql/graphql';

export const InviteMember = graphql(`
  mutation InviteMember($input: InviteMemberInput!) {
    result: inviteMember(input: $input) {
      __typename
      ... on MemberChanged { member { id name { erased text } } position }
      ... on Refusal { code message field }
    }
  }
`);
