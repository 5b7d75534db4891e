// The places in the main menu, in the order people need them.
import BookOpen from '@lucide/svelte/icons/book-open';
import House from '@lucide/svelte/icons/house';
import MessageCircleQuestionMark from '@lucide/svelte/icons/message-circle-question-mark';
import Route from '@lucide/svelte/icons/route';
import Sprout from '@lucide/svelte/icons/sprout';
import Users from '@lucide/svelte/icons/users';
import { t } from '$lib/i18n';

export const places = () => [
  { href: '/', label: t.shell.start, icon: House },
  { href: '/vragen', label: t.shell.questions, icon: MessageCircleQuestionMark },
  { href: '/ervaringen', label: t.shell.experiences, icon: Sprout },
  { href: '/projecten', label: t.shell.projects, icon: Route },
  { href: '/kennis', label: t.shell.knowledge, icon: BookOpen },
  { href: '/mensen', label: t.shell.people, icon: Users },
];

/** Whether a place is where one is; a cycle belongs to the projects. */
export function isCurrent(href: string, path: string): boolean {
  if (href === '/') return path === '/';
  if (href === '/projecten' && path.startsWith('/pdsa')) return true;
  return path === href || path.startsWith(`${href}/`);
}
