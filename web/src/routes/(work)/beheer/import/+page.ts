// The names that the example of a list can use.
import { pageData } from '$lib/graphql/page';
import { ListsQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) => {
  event.depends('app:register');
  return pageData(event, ListsQuery, {});
};
