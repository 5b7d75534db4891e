// The register and roles share words that the other pages do without.
import { loadRegisterWords } from '$lib/i18n';

export const load = () => loadRegisterWords();
