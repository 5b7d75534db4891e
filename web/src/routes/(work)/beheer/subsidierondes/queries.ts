// Funding rounds: opening and closing them.
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const RoundsQuery = graphql(`
  query Rounds {
    fundingRounds { id name interventions { id name } plannedFrom plannedUntil closedAt }
    interventions { id name }
  }
`);

export type Round = ResultOf<typeof RoundsQuery>['fundingRounds'][number];
export type Intervention = ResultOf<typeof RoundsQuery>['interventions'][number];

export const OpenFundingRound = graphql(`
  mutation OpenFundingRound($input: OpenFundingRoundInput!) {
    result: openFundingRound(input: $input) {
      __typename
      ... on FundingRoundChanged { fundingRound { id name } position }
      ... on Refusal { code message field }
    }
  }
`);

export const CloseFundingRound = graphql(`
  mutation CloseFundingRound($input: CloseFundingRoundInput!) {
    result: closeFundingRound(input: $input) {
      __typename
      ... on FundingRoundChanged { fundingRound { id name } position }
      ... on Refusal { code message field }
    }
  }
`);
