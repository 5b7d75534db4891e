// Colleagues, by what is in the address.
import { idFrom, phaseFrom } from '$lib/format/filters';
import { pageData } from '$lib/graphql/page';
import { loadPeopleWords, w } from '$lib/i18n';
import { ColleaguesQuery, type ColleagueFilter } from './queries';
import type { PageLoad } from './$types';

type OrganisationKind = keyof typeof w.organisationKind;

export const load: PageLoad = async (event) => {
  await Promise.all([event.parent(), loadPeopleWords()]);
  const asked = event.url.searchParams;
  const kind = asked.get('soort') ?? '';
  const filter: ColleagueFilter = {
    text: asked.get('zoek')?.slice(0, 160) || undefined,
    interventionId: idFrom('intervention', asked.get('interventie')),
    phase: phaseFrom(asked.get('fase')),
    organisationKind: kind in w.organisationKind ? (kind as OrganisationKind) : undefined,
    regionId: idFrom('region', asked.get('regio')),
    expertiseId: idFrom('theme', asked.get('thema')),
  };
  return { filter, ...(await pageData(event, ColleaguesQuery, { filter })) };
};
