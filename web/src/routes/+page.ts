// Start.
import { pageData } from '$lib/graphql/page';
import { StartQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  event.depends('app:start');
  return pageData(event, StartQuery, {});
};
