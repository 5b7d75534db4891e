// All regions.
import { pageData } from '$lib/graphql/page';
import { RegionsQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) => {
  event.depends('app:register');
  return pageData(event, RegionsQuery, {});
};
