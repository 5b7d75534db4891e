// One event as recorded, by its place in the log.
import { PersonFields } from '$components/Person';
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const RecordQuery = graphql(
  `
    query Record($position: Position!) {
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
    }
  `,
  [PersonFields],
);

export type Recorded = NonNullable<ResultOf<typeof RecordQuery>['event']>;
/** One thing an event touches. */
export type ConcernedShown = Recorded['concerned'][number];
