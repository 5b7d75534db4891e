// How much script the first page (Start) needs, compressed. Fails above the promise of 60 kB.
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const PROMISE = 60 * 1000;
const root = fileURLToPath(new URL('../', import.meta.url));
const client = join(root, '.svelte-kit/output/client');
const manifest = JSON.parse(readFileSync(join(client, '.vite/manifest.json'), 'utf8'));

// What a browser loads at "/": the start and app entries, the root layout, the page itself, and the
// Dutch catalogue, each with everything it imports at once.
const wanted = (key) => {
  const { name = '', isEntry } = manifest[key];
  return (
    (isEntry && ['entry/start', 'entry/app'].includes(name)) ||
    nodesOfStart.includes(name) ||
    /src\/lib\/i18n\/nl\.ts$/.test(key)
  );
};

// The app knows which nodes "/" uses: the root layout, its error page is loaded only when needed.
const app = readFileSync(join(root, '.svelte-kit/generated/client-optimized/app.js'), 'utf8');
const leaf = app.match(/"\/":\s*\[(\d+)/)?.[1];
const nodesOfStart = [`nodes/0`, `nodes/${leaf}`];

const files = new Set();
const visit = (key) => {
  const chunk = manifest[key];
  if (!chunk || files.has(chunk.file)) return;
  files.add(chunk.file);
  chunk.imports?.forEach(visit);
};
Object.keys(manifest).filter(wanted).forEach(visit);

let total = 0;
const rows = [...files]
  .filter((file) => file.endsWith('.js'))
  .map((file) => {
    const size = gzipSync(readFileSync(normalize(join(client, file)))).length;
    total += size;
    return [size, dirname(file).replace('_app/immutable/', '') + '/' + file.split('/').pop()];
  })
  .sort((a, b) => b[0] - a[0]);
for (const [size, file] of rows) console.log(`${(size / 1000).toFixed(1).padStart(7)} kB  ${file}`);
console.log(`${(total / 1000).toFixed(1).padStart(7)} kB  script of the first page, gzip (promise: ${PROMISE / 1000} kB)`);
if (!leaf || total > PROMISE) process.exit(1);
