// The question somebody is typing: the box on Start and the ask form share it.
import { Draft } from '$lib/state/draft.svelte';

export const askDraft = (owner: string) =>
  new Draft(owner, 'question', () => ({
    title: '',
    body: '',
    themeIds: [] as string[],
    interventionId: '',
    phase: '',
    projectId: '',
    how: 'openly',
  }));
