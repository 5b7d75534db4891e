// One PDSA cycle.
import { found, pageData } from '$lib/graphql/page';
import { CyclePageQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  event.depends('app:cycle');
  const { cycle } = await pageData(event, CyclePageQuery, { id: event.params.id });
  return { cycle: found(cycle) };
};
