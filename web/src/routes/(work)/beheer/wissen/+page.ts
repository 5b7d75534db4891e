// Forgetting somebody who asked for it: whom, and what will happen.
import { ErasurePreviewQuery } from '$components/privacy/queries';
import { idFrom } from '$lib/format/filters';
import { loadPrivacyWords } from '$lib/i18n';
import { pageData } from '$lib/graphql/page';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  await loadPrivacyWords();
  const id = idFrom('member', event.url.searchParams.get('wie')) ?? null;
  const preview = id ? (await pageData(event, ErasurePreviewQuery, { id })).erasurePreview : null;
  return { id, preview };
};
