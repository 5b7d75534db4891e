// The question board, filtered by what is in the address.
import { flagFrom, phaseFrom } from '$lib/format/filters';
import { pageData } from '$lib/graphql/page';
import { QuestionBoardQuery, type QuestionFilter } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  event.depends('app:questions');
  const asked = event.url.searchParams;
  const filter: QuestionFilter = {
    themeId: asked.get('thema') || undefined,
    interventionId: asked.get('interventie') || undefined,
    phase: phaseFrom(asked.get('fase')),
    unanswered: flagFrom(asked.get('open')),
    mine: flagFrom(asked.get('van-mij')),
  };
  return { filter, ...(await pageData(event, QuestionBoardQuery, { filter })) };
};
