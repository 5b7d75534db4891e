// All organisations, and the regions they can lie in.
import { pageData } from '$lib/graphql/page';
import { OrganisationsQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) => {
  event.depends('app:register');
  return pageData(event, OrganisationsQuery, {});
};
