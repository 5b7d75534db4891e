// One's own profile and access.
import { pageData } from '$lib/graphql/page';
import { AccessQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  event.depends('app:access');
  return pageData(event, AccessQuery, {});
};
