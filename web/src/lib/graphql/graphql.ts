// `graphql(…)` types an operation against the schema. At run time it only keeps the text: the types
// are all gql.tada gives us, so no parser is shipped to the browser.
import type { initGraphQLTada } from 'gql.tada';
import type { introspection } from './introspection';

type Tada = initGraphQLTada<{
  introspection: introspection;
  disableMasking: true;
  scalars: { Date: string; NaiveDate: string; DateTime: string; JSON: unknown; Position: number };
}>;

interface Source {
  text: string;
  fragments: readonly Source[];
}

function keepText(text: string, fragments: readonly Source[] = []): Source {
  return { text, fragments };
}

export const graphql = keepText as unknown as Tada;

/** The whole document as sent: the operation and every fragment it uses, each once. */
export function printed(document: unknown): string {
  const parts = new Set<string>();
  const visit = (source: Source) => {
    parts.add(source.text.trim());
    source.fragments.forEach(visit);
  };
  visit(document as Source);
  return [...parts].join('\n');
}

export type { FragmentOf, ResultOf, VariablesOf, TadaDocumentNode } from 'gql.tada';
