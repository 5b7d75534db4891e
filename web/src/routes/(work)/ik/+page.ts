// One's own profile and access; without what takes access when that has ended.
import { pageData } from '$lib/graphql/page';
import { loadAccessWords, loadPrivacyWords } from '$lib/i18n';
import { AccessQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  event.depends('app:access');
  const { viewer } = await event.parent();
  const takesPart = viewer?.hasAccess ?? true;
  const [data] = await Promise.all([pageData(event, AccessQuery, { takesPart }), loadAccessWords(), loadPrivacyWords()]);
  return { themes: data.themes ?? [], me: data.viewer };
};
