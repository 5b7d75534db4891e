// Deciding who takes part: giving access on a basis, refusing a request, ending access.
import { sayDate } from '$lib/format/when';
import { graphql } from '$lib/graphql/graphql';
import type { Findable } from '$forms/many';
import { r, t } from '$lib/i18n';
import { standingOf } from './standing';

export const GrantAccess = graphql(`
  mutation GrantAccess($input: GrantAccessInput!) {
    result: grantAccess(input: $input) {
      __typename
      ... on AccessDecided { outcome position }
      ... on Refusal { code message field }
    }
  }
`);

export const RefuseAccess = graphql(`
  mutation RefuseAccess($input: RefuseAccessInput!) {
    result: refuseAccess(input: $input) {
      __typename
      ... on AccessDecided { outcome position }
      ... on Refusal { code message field }
    }
  }
`);

export const EndAccess = graphql(`
  mutation EndAccess($input: EndAccessInput!) {
    result: endAccess(input: $input) {
      __typename
      ... on AccessDecided { outcome position }
      ... on Refusal { code message field }
    }
  }
`);

/** What access can rest on. */
export interface Ground {
  id: string;
  kind: 'GRANT' | 'PROMISING_PROJECT';
  name: string;
  from: string;
  lastDay: string;
  organisations: readonly { id: string; name: string }[];
}

/** What a ground is: its kind, whose, how long. */
export const aboutGround = ({ kind, organisations, from, lastDay }: Ground) =>
  [r.basis.kind[kind], organisations.map(({ name }) => name).join(', '), t.time.period(sayDate(from), sayDate(lastDay))].join(' · ');

/** Grounds that are not over, as options. */
export const groundOptions = (grounds: readonly Ground[]): Findable[] =>
  grounds.filter((ground) => standingOf(ground) !== 'OVER').map((ground) => ({ id: ground.id, name: ground.name, about: aboutGround(ground) }));

/** Why somebody gets access on a ground, as it is as a rule. */
export const becauseOf = ({ kind, name, lastDay }: Ground) => r.request.because[kind](name, sayDate(lastDay));
