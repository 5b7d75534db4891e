// Knowledge pages, filtered by what is in the address.
import { pageData } from '$lib/graphql/page';
import { KnowledgeListQuery, type KnowledgeFilter } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  const asked = event.url.searchParams;
  const filter: KnowledgeFilter = {
    themeId: asked.get('thema') || undefined,
    interventionId: asked.get('interventie') || undefined,
  };
  return { filter, ...(await pageData(event, KnowledgeListQuery, { filter })) };
};
