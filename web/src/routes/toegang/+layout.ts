// Asking for access, by whoever has none yet.
import { loadAccessWords } from '$lib/i18n';

export const load = () => loadAccessWords();
