// For whom a basis is, for what, and how long: as one types it.
import { missing } from '$forms/context';
import { r, t } from '$lib/i18n';

export interface Terms {
  organisationIds: string[];
  interventionIds: string[];
  from: string;
  until: string;
}

export const TERMS = ['organisationIds', 'interventionIds', 'from', 'until'] as const;

export const noTerms = (): Terms => ({ organisationIds: [], interventionIds: [], from: '', until: '' });

interface Basis {
  organisations: readonly { id: string }[];
  interventions: readonly { id: string }[];
  from: string;
  until: string;
}

/** As they are, to go on from. */
export const termsOf = ({ organisations, interventions, from, until }: Basis): Terms => ({
  organisationIds: organisations.map(({ id }) => id),
  interventionIds: interventions.map(({ id }) => id),
  from,
  until,
});

/** Days as 2026-03-01: the last one is not before the first. */
export const wrongPeriod = (field: string, from: string, until: string): Record<string, string> =>
  from && until && until < from ? { [field]: r.entry.wrongPeriod } : {};

export const wrongTerms = (terms: Terms): Record<string, string> => ({
  ...wrongPeriod('until', terms.from, terms.until),
  ...missing({ ...terms }, {
    organisationIds: r.entry.requiredSome,
    interventionIds: r.entry.requiredSome,
    from: t.form.required,
    until: t.form.required,
  }),
});
