// One event as recorded, by its place in the log.
import { error } from '@sveltejs/kit';
import { pageData } from '$lib/graphql/page';
import { RecordQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  const position = Number(event.params.position);
  if (!Number.isSafeInteger(position) || position < 1) error(404, { message: 'not found', code: 'NOT_FOUND' });
  const { event: record } = await pageData(event, RecordQuery, { position });
  return { position, record };
};
