// Organisations as options of a long list, in their regions.
import type { Option } from '$forms/many';
import { w } from '$lib/i18n';

interface Organisation {
  id: string;
  name: string;
  kind: keyof typeof w.organisationKind;
  region: { id: string; name: string };
}

export const organisationOptions = (organisations: readonly Organisation[]): Option[] =>
  organisations.map(({ id, name, kind, region }) => ({ id, name, about: w.organisationKind[kind], group: region }));
