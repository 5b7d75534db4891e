// How long what is kept, what is due, and what went.
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const RetentionQuery = graphql(`
  query Retention {
    retention {
      kinds { kind periodHours due dueSoon lastRun { at } }
      runs { at kind gone upTo }
    }
  }
`);

type Retention = NonNullable<ResultOf<typeof RetentionQuery>['retention']>;

export type Kind = Retention['kinds'][number];

export type Run = Retention['runs'][number];
