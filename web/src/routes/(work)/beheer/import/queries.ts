// What would become of a list, putting it in the register, and names for its example.
import { graphql, type ResultOf, type VariablesOf } from '$lib/graphql/graphql';

export const ListsQuery = graphql(`
  query Lists {
    regions { name }
    organisations { name }
    interventions { name }
    fundingRounds { name closedAt }
  }
`);

export type Register = ResultOf<typeof ListsQuery>;

export const PreviewQuery = graphql(`
  query PreviewList($kind: ImportKind!, $csv: String!) {
    previewImport(kind: $kind, csv: $csv) {
      unreadable
      lines { line name outcome faults { column message } }
    }
  }
`);

export type Kind = VariablesOf<typeof PreviewQuery>['kind'];
export type Preview = NonNullable<ResultOf<typeof PreviewQuery>['previewImport']>;
export type Line = Preview['lines'][number];

export const ImportRegister = graphql(`
  mutation ImportRegister($input: ImportRegisterInput!) {
    result: importRegister(input: $input) {
      __typename
      ... on RegisterImported { entered known position }
      ... on Refusal { code message field }
    }
  }
`);
