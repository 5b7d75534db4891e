// Lists for the register, as files: read whatever program saved them, written so that any program opens them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import ts from 'typescript';

const source = readFileSync(new URL('../src/routes/(work)/beheer/import/read.ts', import.meta.url), 'utf8');
const { outputText } = ts.transpileModule(source, {
  compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
});
const { fileOf, linesOf, textOf } = await import(`data:text/javascript;base64,${Buffer.from(outputText).toString('base64')}`);

const TEXT = 'naam;soort\r\nHospice Eén;hospice\r\n';

test('a file is read as UTF-8, and as what older programs save when it is not', () => {
  assert.equal(textOf(Buffer.from(TEXT)), TEXT);
  assert.equal(textOf(Buffer.from(`\ufeff${TEXT}`)), TEXT);
  assert.equal(textOf(Buffer.from(TEXT, 'latin1')), TEXT);
  assert.equal(textOf(Buffer.from(`\ufeff${TEXT}`, 'utf16le')), TEXT);
});

test('lines are counted without the columns and without empty ones', () => {
  assert.equal(linesOf(TEXT), 1);
  assert.equal(linesOf('naam\n\nA\rB\r\n  \n'), 2);
  assert.equal(linesOf(''), 0);
});

test('a cell that holds a separator or quotation marks stays one cell', () => {
  assert.equal(fileOf([['naam', 'regio'], ['Huis "De Eik"; zuid', 'Zeeland']]), '\ufeffnaam;regio\r\n"Huis ""De Eik""; zuid";Zeeland\r\n');
});
