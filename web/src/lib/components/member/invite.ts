// Inviting somebody to take part.
import type { Ground } from '$components/register/admission';
import { request } from '$lib/graphql/client';
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

const InvitingQuery = graphql(`
  query Inviting($keeps: Boolean!) {
    takesAccessRequests
    accessBases @include(if: $keeps) { id kind name from lastDay organisations { id name } }
  }
`);

/** Whether whoever is invited is told by mail, and on what their access may rest, for whoever keeps the register. */
export async function inviting(keeps: boolean): Promise<{ mailed: boolean; grounds: readonly Ground[] }> {
  const { takesAccessRequests, accessBases } = await request(InvitingQuery, { keeps });
  return { mailed: takesAccessRequests, grounds: accessBases ?? [] };
}
