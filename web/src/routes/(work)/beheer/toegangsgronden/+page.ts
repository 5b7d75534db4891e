// All grants and promising projects, and what they can be for.
import { pageData } from '$lib/graphql/page';
import { BasesQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) => {
  event.depends('app:register');
  return pageData(event, BasesQuery, {});
};
