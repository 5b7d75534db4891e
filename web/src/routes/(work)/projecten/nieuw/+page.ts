// The form to register a project.
import { pageData } from '$lib/graphql/page';
import { RegisterFormQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) => pageData(event, RegisterFormQuery, {});
