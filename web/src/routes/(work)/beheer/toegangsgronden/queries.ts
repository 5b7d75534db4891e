// Grants and promising projects: entering them, changing their terms, ending them early.
import { PersonFields } from '$components/Person';
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const BasesQuery = graphql(
  `
    query Bases {
      accessBases {
        id
        kind
        name
        from
        until
        lastDay
        endedEarly
        endReason { erased text }
        organisations { id name }
        interventions { id name }
        round { id name }
        members { ...Person unbound access { basis { id } } }
      }
      organisations { id name kind region { id name } }
      interventions { id name }
      fundingRounds { id name closedAt interventions { id } }
    }
  `,
  [PersonFields],
);

type Bases = ResultOf<typeof BasesQuery>;
export type Basis = Bases['accessBases'][number];
/** Somebody whose access rests on it. */
export type Resting = NonNullable<Basis['members']>[number];
export type Round = Bases['fundingRounds'][number];
/** What bases can be for. */
export type Offered = Pick<Bases, 'organisations' | 'interventions'>;

export const AwardGrant = graphql(`
  mutation AwardGrant($input: AwardGrantInput!) {
    result: awardGrant(input: $input) {
      __typename
      ... on AccessBasisChanged { accessBasis { id name } position }
      ... on Refusal { code message field }
    }
  }
`);

export const ListPromisingProject = graphql(`
  mutation ListPromisingProject($input: ListPromisingProjectInput!) {
    result: listPromisingProject(input: $input) {
      __typename
      ... on AccessBasisChanged { accessBasis { id name } position }
      ... on Refusal { code message field }
    }
  }
`);

export const ReviseBasis = graphql(`
  mutation ReviseBasis($input: ReviseBasisInput!) {
    result: reviseBasis(input: $input) {
      __typename
      ... on AccessBasisChanged { accessBasis { id name } position }
      ... on Refusal { code message field }
    }
  }
`);

export const EndBasis = graphql(`
  mutation EndBasis($input: EndBasisInput!) {
    result: endBasis(input: $input) {
      __typename
      ... on AccessBasisChanged { accessBasis { id name lastDay } position }
      ... on Refusal { code message field }
    }
  }
`);
