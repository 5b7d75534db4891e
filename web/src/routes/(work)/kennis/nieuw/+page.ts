// The form to begin a knowledge page.
import { pageData } from '$lib/graphql/page';
import { DraftFormQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) => pageData(event, DraftFormQuery, {});
