// The access log: all of it, or what is about one member.
import { LogQuery } from '$components/access/log';
import { idFrom } from '$lib/format/filters';
import { pageData } from '$lib/graphql/page';
import { loadAccessWords } from '$lib/i18n';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  const about = idFrom('member', event.url.searchParams.get('over')) ?? null;
  const [data] = await Promise.all([pageData(event, LogQuery, { aboutId: about, before: null }), loadAccessWords()]);
  // By themselves everybody may read what is about them, but that stands elsewhere.
  return { about, lines: data.accessLog };
};
