// Lines of the access log. Asking for them is written down in it, too.
import { PersonFields } from '$components/Person';
import { request } from '$lib/graphql/client';
import { graphql, type ResultOf } from '$lib/graphql/graphql';

export const LogQuery = graphql(
  `
    query AccessLog($aboutId: ID, $before: String) {
      accessLog(aboutId: $aboutId, first: 20, before: $before) {
        number
        at
        actor
        credential
        action
        ground
        member { ...Person }
        subjects { uuid kind thingId name { erased text } }
      }
    }
  `,
  [PersonFields],
);

export type LogLine = NonNullable<ResultOf<typeof LogQuery>['accessLog']>[number];

const PAGE = 20;

/** Whether there may be lines before these. */
export const isFull = (page: readonly LogLine[]) => page.length === PAGE;

/** The lines before a number, the latest first. */
export async function linesBefore(aboutId: string | null, before: string | null): Promise<readonly LogLine[]> {
  const { accessLog } = await request(LogQuery, { aboutId, before });
  return accessLog ?? [];
}
