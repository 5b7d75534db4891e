// One experience.
import { found, pageData } from '$lib/graphql/page';
import { ExperiencePageQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  event.depends('app:experience');
  const { experience, viewer } = await pageData(event, ExperiencePageQuery, { id: event.params.id });
  return { experience: found(experience), projects: viewer?.projects ?? [] };
};
