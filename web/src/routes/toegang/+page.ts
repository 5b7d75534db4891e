// What one can ask access for, and whether one can here.
import { pageData } from '$lib/graphql/page';
import { AskableQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) => pageData(event, AskableQuery, {});
