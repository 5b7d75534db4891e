// The feed of experiences, filtered by what is in the address.
import { experienceKindFrom, idFrom } from '$lib/format/filters';
import { pageData } from '$lib/graphql/page';
import { ExperienceFeedQuery, type ExperienceFilter } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  event.depends('app:experiences');
  const asked = event.url.searchParams;
  const filter: ExperienceFilter = {
    themeId: idFrom('theme', asked.get('thema')),
    interventionId: idFrom('intervention', asked.get('interventie')),
    kind: experienceKindFrom(asked.get('soort')),
  };
  return { filter, ...(await pageData(event, ExperienceFeedQuery, { filter })) };
};
