// One question.
import { found, pageData } from '$lib/graphql/page';
import { QuestionPageQuery } from './queries';
import type { PageLoad } from './$types';

export const load: PageLoad = async (event) => {
  event.depends('app:question');
  const { question } = await pageData(event, QuestionPageQuery, { id: event.params.id });
  return { question: found(question) };
};
