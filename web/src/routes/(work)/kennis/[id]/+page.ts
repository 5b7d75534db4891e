// One knowledge page.
import { found, pageData } from '$lib/graphql/page';
import { KnowledgePageQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  event.depends('app:knowledge');
  const { knowledgePage } = await pageData(event, KnowledgePageQuery, { id: event.params.id });
  return { knowledgePage: found(knowledgePage) };
};
