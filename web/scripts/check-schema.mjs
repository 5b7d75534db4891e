// Fails when the types in src/lib/graphql/introspection.d.ts are not those of ../schema/schema.graphql.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const output = new URL('../src/lib/graphql/introspection.d.ts', import.meta.url);
const schema = new URL('../../schema/schema.graphql', import.meta.url);

if (!existsSync(schema)) {
  console.error('../schema/schema.graphql is missing; cannot compare the types with it.');
  process.exit(1);
}
const before = readFileSync(output, 'utf8');
execFileSync('npx', ['--no-install', 'gql.tada', 'generate-output'], { stdio: ['ignore', 'ignore', 'inherit'] });
const after = readFileSync(output, 'utf8');
if (before !== after) {
  writeFileSync(output, before);
  console.error('The schema has changed. Run "npm run schema" and look at the difference.');
  process.exit(1);
}
console.log('Types and schema agree.');
