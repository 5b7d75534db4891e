// What people wrote is read out in the language they wrote it in.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import ts from 'typescript';

const source = readFileSync(new URL('../src/lib/i18n/spoken.ts', import.meta.url), 'utf8');
const { outputText } = ts.transpileModule(source, {
  compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
});
const { spokenIn } = await import(`data:text/javascript;base64,${Buffer.from(outputText).toString('base64')}`);

test('English is heard as English', () => {
  for (const text of [
    'How do you involve general practitioners when there is no time?',
    'We tried this on one ward.',
    'Who calls the family after a death?',
    'It works. We keep doing it.',
  ]) assert.equal(spokenIn(text), 'en', text);
});

test('everything else is heard as Dutch, the language of the platform', () => {
  for (const text of [
    'Hoe betrek je huisartsen als de tijd ontbreekt?',
    'Dashboard of papier aan de muur?',
    'CURA in een nachtdienst: kan dat?',
    'Steun in woorden, maar niet in het rooster',
    'Kosten van een consulent bij PaTz-groepen delen',
    'Symptoomdagboek in een andere taal',
    'Implementatie',
    '',
  ]) assert.equal(spokenIn(text), 'nl', text);
});

test('every text of the demo world is heard as Dutch', () => {
  const texts = new URL('../../crates/demo/texts/', import.meta.url);
  const files = ['questions-zorginhoud', 'questions-communicatie', 'experiences-1', 'updates', 'bottlenecks', 'cycles-1', 'pages'];
  const strings = (value) => (typeof value === 'string' ? [value] : value && typeof value === 'object' ? Object.values(value).flatMap(strings) : []);
  const all = files.flatMap((file) => strings(JSON.parse(readFileSync(new URL(`${file}.json`, texts), 'utf8'))));
  assert.ok(all.length > 200);
  assert.deepEqual(all.filter((text) => spokenIn(text) !== 'nl'), []);
});
