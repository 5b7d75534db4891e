// One project.
import { found, pageData } from '$lib/graphql/page';
import { ProjectPageQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  event.depends('app:project');
  const { project } = await pageData(event, ProjectPageQuery, { id: event.params.id });
  return { project: found(project) };
};
