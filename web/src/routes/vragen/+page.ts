// The question board, filtered by what is in the address.
import { flagFrom, idFrom, phaseFrom } from '$lib/format/filters';
import { pageData } from '$lib/graphql/page';
import { QuestionBoardQuery, type QuestionFilter } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  event.depends('app:questions');
  const asked = event.url.searchParams;
  const filter: QuestionFilter = {
    themeId: idFrom('theme', asked.get('thema')),
    interventionId: idFrom('intervention', asked.get('interventie')),
    phase: phaseFrom(asked.get('fase')),
    unanswered: flagFrom(asked.get('open')),
    mine: flagFrom(asked.get('van-mij')),
  };
  return { filter, ...(await pageData(event, QuestionBoardQuery, { filter })) };
};
