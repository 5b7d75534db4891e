// What an entry of a timeline shows.
import { graphql, type FragmentOf } from '$lib/graphql/graphql';

export const TimelineEntryFields = graphql(`
  fragment TimelineEntry on TimelineEntry {
    position
    at
    type
    kind
    sentence
    subjectId
  }
`);

export type TimelineEntry = FragmentOf<typeof TimelineEntryFields>;
