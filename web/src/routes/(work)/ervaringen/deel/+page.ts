// The form to share an experience.
import { pageData } from '$lib/graphql/page';
import { ShareFormQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) => pageData(event, ShareFormQuery, {});
