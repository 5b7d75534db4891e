// What may tell who a patient is: found as the server finds it, by the same rule in the same cases.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import ts from 'typescript';

const source = readFileSync(new URL('../src/lib/forms/patientDetails.ts', import.meta.url), 'utf8');
const { outputText } = ts.transpileModule(source, {
  compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
});
const { readerOf } = await import(`data:text/javascript;base64,${Buffer.from(outputText).toString('base64')}`);
const shared = (file) => JSON.parse(readFileSync(new URL(`../../schema/${file}`, import.meta.url), 'utf8'));

const rule = shared('patient-details.json');
const { cases } = shared('patient-details.cases.json');

test('every case is found as the server finds it', () => {
  const { likely, holdsCitizenServiceNumber } = readerOf(rule);
  assert.ok(cases.length >= 120);
  for (const { text, likely: expected, refused } of cases) {
    assert.deepEqual(likely(text), expected, text);
    assert.equal(holdsCitizenServiceNumber(text), refused, text);
  }
});

test('a long text is read at once', () => {
  const { likely, holdsCitizenServiceNumber } = readerOf(rule);
  for (const words of ['Mevrouw de de de ', '111 222 ', 'geboren op 1 ', 'haar man J. van der ', '94-jarige oude ']) {
    const text = words.repeat(20_000 / words.length);
    const before = performance.now();
    likely(text);
    holdsCitizenServiceNumber(text);
    // Far from what a pattern that runs wild would take.
    assert.ok(performance.now() - before < 1000, words);
  }
});

test('in the texts of the demo world nobody is found', () => {
  const { likely, holdsCitizenServiceNumber } = readerOf(rule);
  const texts = new URL('../../crates/demo/texts/', import.meta.url);
  const strings = (value) => (typeof value === 'string' ? [value] : value && typeof value === 'object' ? Object.values(value).flatMap(strings) : []);
  const files = readdirSync(texts).filter((file) => file.endsWith('.json'));
  const all = files.flatMap((file) => strings(JSON.parse(readFileSync(new URL(file, texts), 'utf8'))));
  assert.ok(all.length > 1000);
  assert.deepEqual(all.flatMap(likely), []);
  assert.equal(all.some(holdsCitizenServiceNumber), false);
});
