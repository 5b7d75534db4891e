// One PDSA cycle: plan, do, study, act.
import { PersonFields } from '$components/Person';
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const CyclePageQuery = graphql(
  `
    query CyclePage($id: ID!) {
      cycle(id: $id) {
        id
        project { id name { erased text } actions cycles { id number follows { id } } }
        number
        follows { id number }
        aim { erased text html }
        change { erased text }
        plan { erased html }
        prediction { erased text html }
        predictedAt
        owner { ...Person }
        starts
        ends
        stage
        startedAt
        observations { id text { erased html } asPlanned at by { ...Person } }
        result {
          result { erased html }
          learned { erased html }
          predictionMet
          at
          by { ...Person }
        }
        decision { decision reason { erased html } at by { ...Person } }
        abandoned { reason { erased html } at by { ...Person } }
        actions
      }
    }
  `,
  [PersonFields],
);

export type CycleShown = NonNullable<ResultOf<typeof CyclePageQuery>['cycle']>;

export const MakePrediction = graphql(`
  mutation MakePrediction($input: MakePredictionInput!) {
    result: makePrediction(input: $input) {
      __typename
      ... on CycleChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const StartCycle = graphql(`
  mutation StartCycle($input: StartCycleInput!) {
    result: startCycle(input: $input) {
      __typename
      ... on CycleChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const RecordObservation = graphql(`
  mutation RecordObservation($input: RecordObservationInput!) {
    result: recordObservation(input: $input) {
      __typename
      ... on CycleChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const LogResult = graphql(`
  mutation LogResult($input: LogPdsaResultInput!) {
    result: logPdsaResult(input: $input) {
      __typename
      ... on CycleChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const DecideCycle = graphql(`
  mutation DecideCycle($input: DecideCycleInput!) {
    result: decideCycle(input: $input) {
      __typename
      ... on CycleChanged { position }
      ... on Refusal { code message field }
    }
  }
`);

export const AbandonCycle = graphql(`
  mutation AbandonCycle($input: AbandonCycleInput!) {
    result: abandonCycle(input: $input) {
      __typename
      ... on CycleChanged { position }
      ... on Refusal { code message field }
    }
  }
`);
