// Regions: entering them, and saying anew what is known of them.
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const RegionsQuery = graphql(`
  query Regions {
    regions { id name consortiumCode inhabitants aged75AndOver urbanity }
  }
`);

export type Region = ResultOf<typeof RegionsQuery>['regions'][number];

export const RegisterRegion = graphql(`
  mutation RegisterRegion($input: RegisterRegionInput!) {
    result: registerRegion(input: $input) {
      __typename
      ... on RegionChanged { region { id name } position }
      ... on Refusal { code message field }
    }
  }
`);

export const ReviseRegion = graphql(`
  mutation ReviseRegion($input: ReviseRegionInput!) {
    result: reviseRegion(input: $input) {
      __typename
      ... on RegionChanged { region { id name } position }
      ... on Refusal { code message field }
    }
  }
`);
