// Planning a PDSA cycle, perhaps as the next step of an earlier one.
import { graphql } from '$lib/graphql/graphql';

export const PlanFormQuery = graphql(`
  query PlanForm($id: ID!) {
    project(id: $id) {
      id
      name { erased text }
      actions
      cycles {
        id
        number
        aim { erased text }
        change { erased text }
        plan { erased text }
        result { learned { erased text } }
      }
    }
  }
`);

export const PlanCycle = graphql(`
  mutation PlanCycle($input: PlanCycleInput!) {
    result: planCycle(input: $input) {
      __typename
      ... on CycleChanged { cycle { id } position }
      ... on Refusal { code message field }
    }
  }
`);
