// One event as recorded, by its place in the log.
import { error } from '@sveltejs/kit';
import { found, pageData } from '$lib/graphql/page';
import { RecordQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  const position = Number(event.params.position);
  if (!Number.isSafeInteger(position) || position < 1) error(404, { message: 'not found', code: 'NOT_FOUND' });
  const answer = await pageData(event, RecordQuery, { position, previous: Math.max(position - 1, 1), next: position + 1 });
  return {
    record: found(answer.event),
    previous: position > 1 ? (answer.previous?.position ?? null) : null,
    next: answer.next?.position ?? null,
  };
};
