// Build and development server. In development, data comes from LEERWERK_URL (default: port 8080).
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

const server = process.env.LEERWERK_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [sveltekit()],
  build: {
    // The content security policy has no data: fonts; every asset is a file of its own.
    assetsInlineLimit: 0,
    target: 'es2022',
    rolldownOptions: {
      output: {
        // What nearly every page uses travels in one file: it compresses better than thirty crumbs.
        // Forms stay apart: the first page has none.
        codeSplitting: { groups: [{ name: 'shared', minShareCount: 8, test: /^(?!.*\/src\/lib\/forms\/)/ }] },
      },
    },
  },
  server: {
    proxy: {
      '/graphql': { target: server, ws: true },
      // As objects: a bare string would change the host, and the server refuses what seems to come from another site.
      '/demo': { target: server },
      '/session': { target: server },
      '/tlog': { target: server },
    },
  },
});
