// One project, now or, with `op`, as it was just after the event at that position.
import { found, pageData } from '$lib/graphql/page';
import { ProjectPageQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  event.depends('app:project');
  const op = event.url.searchParams.get('op');
  const at = op && /^\d{1,15}$/.test(op) ? Number(op) : null;
  const asOf = at === null ? null : { position: at };
  const { project } = await pageData(event, ProjectPageQuery, { id: event.params.id, asOf });
  return { project: found(project), at };
};
