// Signing in, as far as this installation offers it.
import { error } from '@sveltejs/kit';
import { fetchPersonas } from './personas';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url }) => {
  try {
    return { personas: await fetchPersonas(fetch), to: url.searchParams.get('naar') };
  } catch {
    error(503, { message: 'unavailable', code: 'UNAVAILABLE' });
  }
};
