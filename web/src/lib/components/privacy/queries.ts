// What will happen when somebody is forgotten, and doing it.
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const ErasurePreviewQuery = graphql(`
  query ErasurePreview($id: ID!) {
    erasurePreview(memberId: $id) {
      texts { kind count }
      sessions
      accessTokens
      leads { erased text }
    }
  }
`);

export type Preview = NonNullable<ResultOf<typeof ErasurePreviewQuery>['erasurePreview']>;

export const EraseMember = graphql(`
  mutation EraseMember($input: EraseMemberInput!) {
    result: eraseMember(input: $input) {
      __typename
      ... on ErasureCertificate {
        memberId position at contributions texts { kind count } sessions accessTokens accounts root
      }
      ... on Refusal { code message field }
    }
  }
`);

export type Certificate = Extract<ResultOf<typeof EraseMember>['result'], { __typename: 'ErasureCertificate' }>;
