// Build and development server. In development, data comes from LEERWERK_URL (default: port 8080).
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

/** What the first page shows; what it is made of (Svelte, the way to the server, the words) comes along. */
const FIRST = new RegExp(
  [
    '/src/lib/components/(shell/|Dialog|Empty|Title|Tags|Quoting|NewsLine)',
    '/src/lib/components/(question/(SimilarList|QuestionRow|similar|askDraft)|project/nextStep)',
    '/src/lib/graphql/(live|contributions|page)',
    '/runtime/app/navigation',
    '/icons/arrow-right\\b',
  ].join('|'),
);

const server = process.env.LEERWERK_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [sveltekit()],
  build: {
    // The content security policy has no data: fonts; every asset is a file of its own.
    assetsInlineLimit: 0,
    target: 'es2022',
    rolldownOptions: {
      output: {
        // The first page comes in one file: it compresses better than thirty crumbs. So does what most other pages use,
        // but for forms, which only some of them have.
        codeSplitting: {
          groups: [
            { name: 'first', priority: 2, test: FIRST },
            { name: 'pages', priority: 1, minShareCount: 8, test: /^(?!.*\/src\/lib\/forms\/)/ },
          ],
        },
      },
    },
  },
  server: {
    // The rule on patient details, which the server reads too.
    fs: { allow: ['../schema'] },
    proxy: {
      '/graphql': { target: server, ws: true },
      // As objects: a bare string would change the host, and the server refuses what seems to come from another site.
      '/demo': { target: server },
      '/session': { target: server },
      '/tlog': { target: server },
    },
  },
});
