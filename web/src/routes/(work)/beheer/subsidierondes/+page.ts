// All funding rounds, and the interventions they can be about.
import { pageData } from '$lib/graphql/page';
import { RoundsQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) => {
  event.depends('app:register');
  return pageData(event, RoundsQuery, {});
};
