// The two languages say the same things, and say nothing that no page shows.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import ts from 'typescript';

const src = new URL('../src/', import.meta.url);

async function catalogue(file) {
  const source = readFileSync(new URL(`lib/i18n/${file}`, src), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputText).toString('base64')}`);
}

/** Every key with its kind: `project.step` → `function(2)`, `ask.title` → `string`. */
function shape(words, path = '') {
  return Object.entries(words).flatMap(([key, value]) => {
    const at = path ? `${path}.${key}` : key;
    if (typeof value === 'object') return shape(value, at);
    return [`${at}: ${typeof value === 'function' ? `function(${value.length})` : typeof value}`];
  });
}

const files = [
  ['nl.ts', 'en.ts', 't'],
  ['nl.work.ts', 'en.work.ts', 'w'],
  ['nl.register.ts', 'en.register.ts', 'r'],
  ['nl.access.ts', 'en.access.ts', 'a'],
  ['nl.privacy.ts', 'en.privacy.ts', 'p'],
  ['nl.people.ts', 'en.people.ts', 'm'],
];

for (const [dutch, english, name] of files) {
  const { nl } = await catalogue(dutch);
  const { en } = await catalogue(english);

  test(`${dutch} and ${english} have the same keys`, () => {
    assert.deepEqual(shape(en).sort(), shape(nl).sort());
  });

  test(`no text in ${dutch} or ${english} is empty`, () => {
    for (const words of [nl, en]) {
      const empty = shape(words).filter((entry) => {
        const path = entry.split(':')[0].split('.');
        const value = path.reduce((at, key) => at?.[key], words);
        return typeof value === 'string' && !value.trim();
      });
      assert.deepEqual(empty, []);
    }
  });

  test(`every text in ${dutch} is shown somewhere`, () => {
    const code = readdirSync(src, { recursive: true })
      .map(String)
      .filter((file) => /\.(svelte|ts)$/.test(file) && !file.includes('i18n'))
      .map((file) => readFileSync(new URL(file.replaceAll('[', '%5B').replaceAll(']', '%5D'), src), 'utf8'))
      .join('\n');
    const uses = (path) => new RegExp(`\\b${name}\\.${path}\\b`).test(code);
    const unused = Object.entries(nl).flatMap(([group, words]) => {
      if (typeof words !== 'object') return uses(group) ? [] : [group];
      // A group looked up by key (`t.phase[phase]`) or handed on whole counts as used.
      if (new RegExp(`\\b${name}\\.${group}\\b(?!\\.)`).test(code)) return [];
      return Object.keys(words).map((key) => `${group}.${key}`).filter((path) => !uses(path));
    });
    assert.deepEqual(unused, []);
  });
}
