// The ask form; `project` in the address says which project it belongs to.
import { pageData } from '$lib/graphql/page';
import { AskFormQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => ({
  projectId: event.url.searchParams.get('project') ?? '',
  ...(await pageData(event, AskFormQuery, {})),
});
