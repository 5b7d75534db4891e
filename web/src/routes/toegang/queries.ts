// Asking for access and showing that the address is one's own.
import { graphql } from '$lib/graphql/graphql';

export const AskableQuery = graphql(`
  query Askable {
    takesAccessRequests
    interventions { id name }
  }
`);

export const RequestAccess = graphql(`
  mutation RequestAccess($input: RequestAccessInput!) {
    result: requestAccess(input: $input) {
      __typename
      ... on AccessAskedFor { linkHoldsHours }
      ... on Refusal { code message field }
    }
  }
`);

export const ConfirmAccessRequest = graphql(`
  mutation ConfirmAccessRequest($input: ConfirmAccessRequestInput!) {
    result: confirmAccessRequest(input: $input) {
      __typename
      ... on AccessRequestConfirmed { position }
      ... on Refusal { code message field }
    }
  }
`);
