// Organisations: entering them, giving them another name, moving them to another region.
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const OrganisationsQuery = graphql(`
  query Organisations {
    organisations { id name kind settings region { id name } }
    regions { id name }
  }
`);

export type Organisation = ResultOf<typeof OrganisationsQuery>['organisations'][number];
export type Region = ResultOf<typeof OrganisationsQuery>['regions'][number];

export const RegisterOrganisation = graphql(`
  mutation RegisterOrganisation($input: RegisterOrganisationInput!) {
    result: registerOrganisation(input: $input) {
      __typename
      ... on OrganisationChanged { organisation { id name } position }
      ... on Refusal { code message field }
    }
  }
`);

export const RenameOrganisation = graphql(`
  mutation RenameOrganisation($input: RenameOrganisationInput!) {
    result: renameOrganisation(input: $input) {
      __typename
      ... on OrganisationChanged { organisation { id name } position }
      ... on Refusal { code message field }
    }
  }
`);

export const MoveOrganisation = graphql(`
  mutation MoveOrganisation($input: MoveOrganisationInput!) {
    result: moveOrganisation(input: $input) {
      __typename
      ... on OrganisationChanged { organisation { id name region { name } } position }
      ... on Refusal { code message field }
    }
  }
`);
