// What of the register to propose for a request: only what fits well, as who decides may overlook what is proposed.
import type { AccessRequest } from './queries';

/** The ground that fits: called as they wrote, or of their organisation and for all that they implement; holding now. */
export function fitting({ matches }: AccessRequest): string {
  const fits = matches.find(
    ({ sameName, namesOrganisation, coversInterventions, holdsNow }) => holdsNow && (sameName || (namesOrganisation && coversInterventions)),
  );
  return fits?.basis.id ?? '';
}

/** The organisation that is called as they wrote, or the only one that is called nearly so. */
export function fittingOrganisation({ alike, organisation }: AccessRequest): string {
  const written = organisation.text?.trim().toLowerCase();
  const same = alike.find(({ name }) => name.toLowerCase() === written);
  return (same ?? (alike.length === 1 ? alike[0] : undefined))?.id ?? '';
}
