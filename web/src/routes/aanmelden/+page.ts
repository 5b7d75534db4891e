// Signing in, as far as this installation offers it.
import { error } from '@sveltejs/kit';
import { loadAccessWords } from '$lib/i18n';
import { fetchPersonas } from './personas';
import { fetchProviders } from './providers';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url }) => {
  try {
    const [personas, providers] = await Promise.all([fetchPersonas(fetch), fetchProviders(fetch), loadAccessWords()]);
    const asked = url.searchParams;
    const at = providers.find(({ key }) => key === asked.get('bij'))?.name ?? null;
    return { personas, providers, to: asked.get('naar'), failure: asked.get('fout'), at };
  } catch {
    error(503, { message: 'unavailable', code: 'UNAVAILABLE' });
  }
};
