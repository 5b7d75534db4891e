// What will happen when one has oneself forgotten.
import { ErasurePreviewQuery } from '$components/privacy/queries';
import { loadPrivacyWords } from '$lib/i18n';
import { found, pageData } from '$lib/graphql/page';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  const { viewer } = await event.parent();
  const { id } = found(viewer).member;
  const [{ erasurePreview }] = await Promise.all([pageData(event, ErasurePreviewQuery, { id }), loadPrivacyWords()]);
  return { id, preview: found(erasurePreview) };
};
