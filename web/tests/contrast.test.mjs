// Every pair of colours in use, light and dark, is readable: WCAG 2.2, 4.5 for text, 3 for edges and marks.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const css = readFileSync(new URL('../src/lib/styles/tokens.css', import.meta.url), 'utf8');

function tokens(block) {
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\s*;/g)].map(([, name, hex]) => [name, hex]));
}

const [lightBlock, darkBlock] = css.split('@media (prefers-color-scheme: dark)');
const light = tokens(lightBlock);
const themes = { light, dark: { ...light, ...tokens(darkBlock) } };

function luminance(hex) {
  const [r, g, b] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const GROUNDS = ['paper', 'raised', 'sand', 'sage'];
const STEPS = ['plan', 'do', 'study', 'act'];

/** [text, ground, at least] */
const pairs = [
  // Reading text aims at AAA.
  ...GROUNDS.map((ground) => ['ink', ground, 7]),
  ...['teal-tint', 'amber-tint', 'good-tint', 'plum-tint', ...STEPS.map((step) => `step-${step}-tint`)].map((ground) => ['ink', ground, 7]),
  ['ink-soft', 'paper', 7],
  ['ink-soft', 'raised', 7],
  ['ink-soft', 'sand', 4.5],
  ...['sage', 'teal-tint', 'amber-tint'].map((ground) => ['ink-soft', ground, 4.5]),
  // Links, buttons, signals.
  ...[...GROUNDS, 'teal-tint', 'good-tint', 'step-study-tint'].map((ground) => ['teal', ground, 4.5]),
  ...['paper', 'raised', 'sand', 'sage', 'teal-tint'].map((ground) => ['teal-strong', ground, 4.5]),
  ['on-teal', 'teal', 4.5],
  ['on-teal', 'teal-strong', 4.5],
  ...['paper', 'raised', 'amber-tint'].map((ground) => ['amber', ground, 4.5]),
  ...['paper', 'raised', 'plum-tint'].map((ground) => ['plum', ground, 4.5]),
  ...['paper', 'raised', 'sand', 'wrong-tint'].map((ground) => ['wrong', ground, 4.5]),
  ...['paper', 'raised', 'sand', 'good-tint'].map((ground) => ['good', ground, 4.5]),
  // The four steps.
  ...STEPS.flatMap((step) => [
    [`step-${step}`, 'paper', 4.5],
    [`step-${step}`, 'raised', 4.5],
    [`step-${step}`, `step-${step}-tint`, 4.5],
    ['on-step', `step-${step}`, 4.5],
  ]),
  // Edges of controls, focus, marks without words.
  ...GROUNDS.map((ground) => ['line-strong', ground, 3]),
  ...GROUNDS.map((ground) => ['focus', ground, 3]),
  ['focus', 'teal-tint', 3],
];

for (const [theme, colours] of Object.entries(themes)) {
  test(`${theme}: every pair of colours in use is readable`, () => {
    const poor = pairs
      .map(([text, ground, least]) => {
        assert.ok(colours[text] && colours[ground], `unknown colour: ${text} or ${ground}`);
        return { text, ground, least, is: contrast(colours[text], colours[ground]) };
      })
      .filter(({ is, least }) => is < least)
      .map(({ text, ground, least, is }) => `${text} on ${ground}: ${is.toFixed(2)}, needs ${least}`);
    assert.deepEqual(poor, []);
  });
}

test('the dark theme answers every colour of the light one', () => {
  const missing = Object.keys(light).filter((name) => !(name in tokens(darkBlock)));
  assert.deepEqual(missing, []);
});

test('components take their colours from the tokens', async () => {
  const { readdirSync } = await import('node:fs');
  const { fileURLToPath } = await import('node:url');
  const src = fileURLToPath(new URL('../src/', import.meta.url));
  const stray = readdirSync(src, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.svelte') || (file.endsWith('.css') && !/tokens|print/.test(file)))
    .filter((file) => /:\s*#[0-9a-f]{3,8}\b/i.test(readFileSync(`${src}${file}`, 'utf8')));
  assert.deepEqual(stray, []);
});
