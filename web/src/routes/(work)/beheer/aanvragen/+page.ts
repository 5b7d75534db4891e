// Who asks for access, and what in the register they may be about.
import { pageData } from '$lib/graphql/page';
import { RequestsQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) => {
  event.depends('app:requests');
  return pageData(event, RequestsQuery, {});
};
