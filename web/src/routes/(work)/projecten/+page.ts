// The list of projects, filtered by what is in the address.
import { flagFrom, idFrom, phaseFrom } from '$lib/format/filters';
import { pageData } from '$lib/graphql/page';
import { ProjectListQuery, type ProjectFilter } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  event.depends('app:projects');
  const asked = event.url.searchParams;
  const filter: ProjectFilter = {
    interventionId: idFrom('intervention', asked.get('interventie')),
    phase: phaseFrom(asked.get('fase')),
    regionId: idFrom('region', asked.get('regio')),
    mine: flagFrom(asked.get('van-mij')),
  };
  return { filter, ...(await pageData(event, ProjectListQuery, { filter })) };
};
