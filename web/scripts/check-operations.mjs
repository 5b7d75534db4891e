// Validates every operation in src/ against ../schema/schema.graphql, with the reference validator.
// (gql.tada's own check cannot read .svelte files; our operations are all in .ts files.)
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSchema, concatAST, Kind, parse, specifiedRules, NoUnusedFragmentsRule, validate, visit } from 'graphql';

const root = fileURLToPath(new URL('../', import.meta.url));
const schema = buildSchema(readFileSync(join(root, '../schema/schema.graphql'), 'utf8'));
const calls = /graphql\(\s*`([^`]*)`/g;

const fragments = new Map();
const operations = [];
for (const file of readdirSync(join(root, 'src'), { recursive: true }).map(String)) {
  if (!file.endsWith('.ts') || file.endsWith('.d.ts')) continue;
  for (const [, text] of readFileSync(join(root, 'src', file), 'utf8').matchAll(calls)) {
    const document = parse(text);
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, document);
      else operations.push({ file, name: definition.name?.value ?? '(no name)', document });
    }
  }
}

function withFragments(document, used = new Set()) {
  const parts = [document];
  visit(document, {
    FragmentSpread({ name: { value } }) {
      if (used.has(value) || !fragments.has(value)) return;
      used.add(value);
      parts.push(withFragments(fragments.get(value), used));
    },
  });
  return concatAST(parts);
}

const rules = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule);
const wrong = operations.flatMap(({ file, name, document }) =>
  validate(schema, withFragments(document), rules).map(({ message }) => `${file}: ${name}: ${message}`),
);
const names = operations.map(({ name }) => name);
wrong.push(...names.filter((name, at) => names.indexOf(name) !== at).map((name) => `two operations are named ${name}`));
if (wrong.length || operations.length === 0) {
  console.error(wrong.join('\n') || 'No operations found.');
  process.exit(1);
}
console.log(`${operations.length} operations fit the schema.`);
