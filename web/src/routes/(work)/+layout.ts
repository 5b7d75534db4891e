// Experiences, projects, cycles, knowledge and the log share words that the other pages do without.
import { loadWorkWords } from '$lib/i18n';

export const load = () => loadWorkWords();
