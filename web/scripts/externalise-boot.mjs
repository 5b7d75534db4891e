// After the build: moves SvelteKit's one inline script into a file of its own, named by its content, so
// that the page works under `script-src 'self'`. Fails when an inline script is left.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const build = new URL('../build/', import.meta.url);
const page = new URL('index.html', build);
const inline = /<script(?![^>]*\bsrc=)([^>]*)>([\s\S]*?)<\/script>/g;

let html = readFileSync(page, 'utf8');
html = html.replace(inline, (_, attributes, code) => {
  // The script finds its own element through document.currentScript, which a classic file has too.
  const name = `boot.${createHash('sha256').update(code).digest('hex').slice(0, 10)}.js`;
  writeFileSync(new URL(`_app/immutable/entry/${name}`, build), code.trim().replace(/^\t+/gm, ''));
  return `<script${attributes} src="/_app/immutable/entry/${name}"></script>`;
});
if (/<script(?![^>]*\bsrc=)/.test(html) || /\son[a-z]+="/.test(html)) {
  console.error('build/index.html still has inline script.');
  process.exit(1);
}
writeFileSync(page, html);
console.log('No inline script in build/index.html.');
