// What is kept for a time; nothing for whoever may not see it.
import { pageData } from '$lib/graphql/page';
import { RetentionQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => ({ retention: (await pageData(event, RetentionQuery, {})).retention });
