// Who holds which role, and who may change that.
import { PersonFields } from '$components/Person';
import { graphql, type ResultOf, type VariablesOf } from '$lib/graphql/graphql';

export const RolesQuery = graphql(
  `
    query Roles($at: DateTime, $region: ID) {
      roleHoldings(at: $at, regionId: $region) {
        role
        from
        until
        region { id name }
        consortium
        actions
        member { ...Person }
        givenBy { id name { erased text } }
      }
      regions { id name }
      organisations { id name }
      viewer { actions rolesToGive }
    }
  `,
  [PersonFields],
);

export type Holding = ResultOf<typeof RolesQuery>['roleHoldings'][number];
export type Role = Holding['role'];

export const GiveRole = graphql(`
  mutation GiveRole($input: GiveRoleInput!) {
    result: giveRole(input: $input) {
      __typename
      ... on MemberChanged { member { id } position }
      ... on Refusal { code message field }
    }
  }
`);

export const TakeRole = graphql(`
  mutation TakeRole($input: TakeRoleInput!) {
    result: takeRole(input: $input) {
      __typename
      ... on MemberChanged { member { id } position }
      ... on Refusal { code message field }
    }
  }
`);

/** Where a role is given or taken; left out for the whole country. */
export type Scope = VariablesOf<typeof GiveRole>['input']['scope'];
