// One event as recorded, with its neighbours.
import { PersonFields } from '$components/Person';
import { graphql } from '$lib/graphql/graphql';

export const RecordQuery = graphql(
  `
    query Record($position: Position!, $previous: Position!, $next: Position!) {
      event(position: $position) {
        position
        stream
        version
        id
        type
        schemaVersion
        at
        actor
        actorMember { ...Person }
        correlation
        causation
        concerns
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
