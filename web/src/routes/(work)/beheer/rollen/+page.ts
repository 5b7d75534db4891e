// Roles now, or at the end of a day of before.
import { idFrom } from '$lib/format/filters';
import { endOfDay } from '$lib/format/when';
import { pageData } from '$lib/graphql/page';
import { RolesQuery } from './queries';
import type { PageLoad } from './$types';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

export const load: PageLoad = async (event) => {
  event.depends('app:roles');
  const asked = event.url.searchParams;
  const text = asked.get('op') ?? '';
  const day = DAY.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;
  const region = idFrom('region', asked.get('regio')) ?? null;
  // Its last moment: who was given a role that day had it that day.
  const at = day ? new Date(Date.parse(endOfDay(day)) - 1).toISOString() : null;
  return { day, region, ...(await pageData(event, RolesQuery, { at, region })) };
};
