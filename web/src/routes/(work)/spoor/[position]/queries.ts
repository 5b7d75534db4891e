// One event as recorded, with its neighbours.
import { PersonFields } from '$components/Person';
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const RecordQuery = graphql(
  `
    query Record($position: Position!, $previous: Position!, $next: Position!) {
      event(position: $position) {
        position
        stream
        subjectId
        version
        id
        type
        schemaVersion
        at
        actor
        actorMember { ...Person }
        correlation
        causation
        concerned { uuid kind thingId name { erased text } }
        data
        leafHash
        sentence
      }
      previous: event(position: $previous) { position }
      next: event(position: $next) { position }
    }
  `,
  [PersonFields],
);

/** One thing an event touches. */
export type ConcernedShown = NonNullable<ResultOf<typeof RecordQuery>['event']>['concerned'][number];
