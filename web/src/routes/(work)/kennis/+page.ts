// Knowledge pages, filtered by what is in the address.
import { idFrom } from '$lib/format/filters';
import { pageData } from '$lib/graphql/page';
import { KnowledgeListQuery, type KnowledgeFilter } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  const asked = event.url.searchParams;
  const filter: KnowledgeFilter = {
    themeId: idFrom('theme', asked.get('thema')),
    interventionId: idFrom('intervention', asked.get('interventie')),
  };
  return { filter, ...(await pageData(event, KnowledgeListQuery, { filter })) };
};
