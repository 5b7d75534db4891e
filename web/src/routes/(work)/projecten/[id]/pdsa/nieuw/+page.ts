// The plan form; `na` in the address is the cycle it follows.
import { found, pageData } from '$lib/graphql/page';
import { PlanFormQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  const answer = await pageData(event, PlanFormQuery, { id: event.params.id });
  const project = found(answer.project);
  const after = event.url.searchParams.get('na');
  return { project, follows: project.cycles.find(({ id }) => id === after) ?? null };
};
