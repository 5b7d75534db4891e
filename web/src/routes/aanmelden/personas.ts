// The people one can be in the demonstration world.
import type { Locale } from '$lib/i18n';

export interface Persona {
  persona: string;
  name: string;
  profession: string | null;
  organisation: string | null;
  roles: string[];
  about: Record<Locale, string>;
}

export type Group = 'care' | 'project' | 'content' | 'oversight';

const GROUP_OF_ROLE: Record<string, Group> = {
  AUDITOR: 'oversight',
  EVALUATOR: 'oversight',
  ADMINISTRATOR: 'oversight',
  PROGRAMME_MANAGER: 'oversight',
  EDITOR: 'content',
  MODERATOR: 'content',
  EXPERT: 'content',
  IMPLEMENTATION_COACH: 'project',
  NETWORK_COORDINATOR: 'project',
  PROJECT_GROUP: 'project',
};

const ORDER: Group[] = ['care', 'project', 'content', 'oversight'];

/** Enum names, whatever way the server writes them. */
export const enumName = (text: string) => text.trim().toUpperCase().replace(/[\s-]+/g, '_');

export function grouped(personas: readonly Persona[]): [Group, Persona[]][] {
  const groupOf = ({ roles, profession }: Persona): Group => {
    for (const role of roles) {
      const group = GROUP_OF_ROLE[enumName(role)];
      if (group) return group;
    }
    const project = ['PROJECT_LEADER', 'COORDINATOR'].includes(enumName(profession ?? ''));
    return project || roles.some((role) => enumName(role) === 'PROJECT_LEAD') ? 'project' : 'care';
  };
  return ORDER.map((group): [Group, Persona[]] => [group, personas.filter((one) => groupOf(one) === group)]).filter(
    ([, some]) => some.length > 0,
  );
}

/** Null when this is no demonstration world. */
export async function fetchPersonas(fetch: typeof globalThis.fetch): Promise<Persona[] | null> {
  const response = await fetch('/demo/personas', { headers: { Accept: 'application/json' } });
  if (response.status === 404 || !response.headers.get('content-type')?.includes('json')) return null;
  if (!response.ok) throw new Error(`personas: ${response.status}`);
  return response.json();
}

export async function become(persona: string): Promise<boolean> {
  try {
    const response = await fetch('/demo/session', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ persona }),
    });
    return response.ok;
  } catch {
    return false;
  }
}

/** Only addresses of our own. */
export const safeTarget = (target: string | null) =>
  target && /^\/(?!\/|\\)/.test(target) && !target.startsWith('/aanmelden') ? target : '/';
