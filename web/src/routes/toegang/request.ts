// A request for access as one types it.
import { missing } from '$forms/context';
import { a, t } from '$lib/i18n';

export interface Typed {
  name: string;
  email: string;
  organisation: string;
  basis: string;
  grantNumber: string;
  ownProject: string;
  interventionIds: string[];
  motivation: string;
}

export const noRequest = (): Typed => ({
  name: '',
  email: '',
  organisation: '',
  basis: 'grant',
  grantNumber: '',
  ownProject: '',
  interventionIds: [],
  motivation: '',
});

export const FIELDS = ['name', 'email', 'organisation', 'grantNumber', 'ownProject', 'interventionIds', 'motivation'] as const;

/** What is wrong with it, by field. */
export function wrong(typed: Typed): Record<string, string> {
  const named = typed.basis === 'grant' ? 'grantNumber' : 'ownProject';
  return {
    ...missing(
      { ...typed },
      {
        name: t.form.required,
        email: t.form.required,
        organisation: t.form.required,
        [named]: t.form.required,
        interventionIds: a.request.requiredSome,
      },
    ),
    ...(typed.email.trim() && !/^\S+@\S+$/.test(typed.email.trim()) && { email: a.request.wrongEmail }),
  };
}

/** As it is sent. */
export function inputOf({ name, email, organisation, basis, grantNumber, ownProject, interventionIds, motivation }: Typed) {
  return {
    name,
    email: email.trim(),
    organisation,
    basis: basis === 'grant' ? { grantNumber } : { ownProject },
    interventionIds,
    motivation: motivation.trim() || null,
  };
}
