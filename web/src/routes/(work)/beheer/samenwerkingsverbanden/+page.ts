// All collaborations, and the organisations they can be formed of.
import { pageData } from '$lib/graphql/page';
import { CollaborationsQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) => {
  event.depends('app:register');
  return pageData(event, CollaborationsQuery, {});
};
