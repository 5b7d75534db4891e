// Finding things in a long list.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import ts from 'typescript';

const source = readFileSync(new URL('../src/lib/forms/many.ts', import.meta.url), 'utf8');
const { outputText } = ts.transpileModule(source, {
  compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
});
const { grouped, matching } = await import(`data:text/javascript;base64,${Buffer.from(outputText).toString('base64')}`);

const utrecht = { id: 'r1', name: 'Utrecht' };
const drenthe = { id: 'r2', name: 'Drenthe' };
const OPTIONS = [
  { id: '1', name: 'Huisartsencoöperatie Vechtbocht', about: 'huisartsengroep', group: utrecht },
  { id: '2', name: 'Ziekenhuis Heidewarm', about: 'ziekenhuis', group: drenthe },
  { id: '3', name: 'Hospice De Vecht', about: 'hospice', group: utrecht },
];
const ids = (options) => options.map(({ id }) => id);

test('every word that was typed is looked for, in name, kind and group, whatever its accents', () => {
  assert.deepEqual(ids(matching(OPTIONS, '')), ['1', '2', '3']);
  assert.deepEqual(ids(matching(OPTIONS, 'cooperatie')), ['1']);
  assert.deepEqual(ids(matching(OPTIONS, 'VECHT utrecht')), ['1', '3']);
  assert.deepEqual(ids(matching(OPTIONS, 'vecht hospice')), ['3']);
  assert.deepEqual(ids(matching(OPTIONS, 'drenthe vecht')), []);
});

test('groups stand in the order of their names, the one nearby first', () => {
  assert.deepEqual(grouped(OPTIONS).map(({ name }) => name), ['Drenthe', 'Utrecht']);
  assert.deepEqual(grouped(OPTIONS, 'r1').map(({ name, options }) => [name, ids(options)]), [['Utrecht', ['1', '3']], ['Drenthe', ['2']]]);
});
