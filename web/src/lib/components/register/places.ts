// The places where the register, access and roles are kept.
import type { Viewer } from '$components/shell/viewer';
import { r, t } from '$lib/i18n';

/** Whether somebody keeps the register; others may look at it. */
export const keepsRegister = (viewer: Viewer | null) => viewer?.actions.includes('award_grant') ?? false;

/** Whether somebody may see how long what is kept. */
export const seesRetention = (viewer: Viewer | null) =>
  (viewer?.hasAccess && (['ADMINISTRATOR', 'PROGRAMME_MANAGER', 'AUDITOR'] as const).some((role) => viewer.roles.includes(role))) ??
  false;

/** What somebody sees of them; the one where they are in any case. */
export function registerPlaces(viewer: Viewer | null, path: string) {
  const may = (...actions: string[]) => actions.some((action) => viewer?.actions.includes(action));
  return [
    { href: '/beheer/organisaties', label: r.places.organisations, shown: true },
    { href: '/beheer/samenwerkingsverbanden', label: r.places.collaborations, shown: true },
    { href: '/beheer/regios', label: r.places.regions, shown: true },
    { href: '/beheer/subsidierondes', label: r.places.rounds, shown: true },
    { href: '/beheer/toegangsgronden', label: r.places.bases, shown: true },
    { href: '/beheer/aanvragen', label: r.places.requests, shown: may('grant_access') },
    { href: '/beheer/import', label: r.places.lists, shown: keepsRegister(viewer) },
    { href: '/beheer/rollen', label: t.shell.roles, shown: may('give_role', 'invite_member') },
    { href: '/beheer/inzage', label: t.shell.looked, shown: viewer?.roles.includes('AUDITOR') ?? false },
    { href: '/beheer/bewaartermijnen', label: r.places.retention, shown: seesRetention(viewer) },
    { href: '/beheer/wissen', label: r.places.forget, shown: viewer?.roles.includes('ADMINISTRATOR') ?? false },
  ].filter(({ href, shown }) => shown || href === path);
}
