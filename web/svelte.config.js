/* A pure single-page application: one fallback page, no rendering on a server. */
import adapter from '@sveltejs/adapter-static';

/** @type {import('@sveltejs/kit').Config} */
export default {
  compilerOptions: { runes: true },
  onwarn(warning, handler) {
    if (warning.code.startsWith('a11y')) throw new Error(`${warning.filename}: ${warning.message}`);
    handler(warning);
  },
  kit: {
    adapter: adapter({ pages: 'build', assets: 'build', fallback: 'index.html' }),
    alias: { $components: 'src/lib/components', $forms: 'src/lib/forms' },
  },
};
