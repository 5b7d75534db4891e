// Editing a knowledge page; readers are sent to the page itself.
import { redirect } from '@sveltejs/kit';
import { found, pageData } from '$lib/graphql/page';
import { KnowledgeDraftQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  event.depends('app:knowledge');
  const answer = await pageData(event, KnowledgeDraftQuery, { id: event.params.id });
  const knowledgePage = found(answer.knowledgePage);
  if (!knowledgePage.actions.includes('write_section')) redirect(307, `/kennis/${knowledgePage.id}`);
  return { knowledgePage };
};
