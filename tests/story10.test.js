// Story 10: an auditor replays a project to a moment and checks the log without the platform; the evaluator's export
// opens with the counts it claims. The commands run beside a service that goes on.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { canonical, leafHash, sha256 } from './support/canonical.js';
import { anyContext, signIn } from './support/graphql.js';
import { freshDirectory, serve } from './support/service.js';

let service, sanne, project, theme;
before(async () => {
  service = await serve();
  sanne = await signIn(service.url, 'sanne');
  // The one of hers that has come furthest.
  const { viewer } = await sanne.ask('{ viewer { projects { id phases { phase } } } }');
  project = viewer.projects.sort((a, b) => b.phases.length - a.phases.length)[0].id;
  ({ theme } = await anyContext(sanne));
});
after(() => service?.stop());

async function history(...args) {
  const { code, stdout, stderr } = await service.command('history', ...args, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

async function exported(format, ...more) {
  const out = join(freshDirectory(), 'export');
  const { code, stdout, stderr } = await service.command('export', '--format', format, '--out', out, ...more);
  assert.equal(code, 0, stderr);
  const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
  const name = `events.${format}`;
  return { out, stdout, manifest, name, text: readFileSync(join(out, name), 'utf8') };
}

const SHOWN = `name { text } phase version openBottleneckCount participants { id } position`;
const shown = async () => (await sanne.ask(`query ($id: ID!) { project(id: $id) { ${SHOWN} } }`, { id: project })).project;
const told = ({ position, type, sentence }) => ({ position, type, sentence: sentence.nl ?? sentence });

describe('the history of a project up to a moment', () => {
  test('tells what the timeline told at that moment, whatever happened since', async () => {
    const [timeline, state, until] = [await sanne.timeline(project), await shown(), await sanne.head()];
    const before_ = await history('project', project, '--until', String(until));

    await sanne.done('postUpdate', { projectId: project, text: 'Er is alweer nieuws.' });
    await sanne.done('raiseBottleneck', { projectId: project, text: 'Te weinig ruimte.', kind: 'OTHER' });
    await sanne.done('shareExperience', { kind: 'APPROACH', title: 'Zo doen wij het', body: 'Kort.', themeIds: [theme.id], projectId: project });

    const replayed = await history('project', project, '--until', String(until));
    assert.deepEqual(replayed.history.map(told), timeline.map(told));
    assert.equal(replayed.until, until);
    assert.deepEqual(replayed, before_, 'the same moment gives the same history and state');
    assert.equal(JSON.stringify(replayed.state).includes(state.phase.toLowerCase()), true, JSON.stringify(replayed.state));

    const now = await history('project', project);
    assert.equal(now.history.length, replayed.history.length + 3);
    assert.deepEqual(now.history.map(told), (await sanne.timeline(project)).map(told));
    assert.notDeepEqual(now.state, replayed.state);
  });

  test('gives the state as it was at each of its events', async () => {
    const { history: all } = await history('project', project);
    const advanced = all.filter(({ type }) => type === 'PhaseAdvanced');
    assert.ok(advanced.length > 0, 'this project went on a phase');
    for (const { position, data } of advanced) {
      const { state, history: until } = await history('project', project, '--until', String(position));
      assert.equal(state.phase, data.to);
      assert.equal(until.at(-1).position, position);
      const { state: earlier } = await history('project', project, '--until', String(position - 1));
      assert.equal(earlier.phase, data.from);
    }
  });

  test('says so when the project was not there yet, or never is', async () => {
    const early = await service.command('history', 'project', project, '--until', '1');
    assert.notEqual(early.code, 0);
    assert.match(early.stderr, /begins at position \d+, after position 1/);
    const never = await service.command('history', 'project', '00000000-0000-7000-8000-000000000000');
    assert.notEqual(never.code, 0);
    assert.match(never.stderr, /there is no project-0{8}/);
  });
});

test('every read model is what the log gives when it is built anew', async () => {
  const { code, stdout, stderr } = await service.command('replay', '--check');
  assert.equal(code, 0, stdout + stderr);
  assert.doesNotMatch(stdout, /DIFFERS/);
  assert.ok(stdout.split('\n').filter((line) => line.trimEnd().endsWith('ok')).length >= 8, stdout);
});

describe('an export', () => {
  test('as NDJSON holds what its manifest claims: every event once, in order', async () => {
    const head = await sanne.head();
    const { out, stdout, manifest, name, text } = await exported('ndjson');
    const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(readdirSync(out).sort(), ['checkpoint', 'events.ndjson', 'log-keys', 'manifest.json']);
    assert.equal(lines.length, head);
    assert.deepEqual(lines.map(({ position }) => position), Array.from({ length: head }, (_, n) => n + 1));
    assert.equal(manifest.counts.total, head);
    assert.deepEqual([manifest.firstPosition, manifest.lastPosition, manifest.headPosition], [1, head, head]);
    const perType = {};
    for (const { type } of lines) perType[type] = (perType[type] ?? 0) + 1;
    assert.deepEqual(manifest.counts.perType, perType);
    const [file, ...others] = manifest.files;
    assert.deepEqual(others.map(({ name }) => name), ['checkpoint', 'log-keys']);
    assert.deepEqual(file, { name, bytes: statSync(join(out, name)).size, sha256: sha256(readFileSync(join(out, name))) });
    assert.ok(stdout.includes(file.sha256));
    assert.ok(stdout.includes(sha256(readFileSync(join(out, 'manifest.json')))), 'the digest of the manifest itself');
  });

  test('as NDJSON can be checked offline: each leaf hash follows from its line', async () => {
    const { text } = await exported('ndjson');
    const lines = text.trimEnd().split('\n');
    const versions = new Map();
    for (const line of lines) {
      const { leafHash: claimed, ...envelope } = JSON.parse(line);
      assert.equal(leafHash(canonical(envelope)), claimed, line);
      assert.equal(canonical({ ...envelope, leafHash: claimed }), line, 'the line itself is canonical');
      assert.equal(envelope.version, (versions.get(envelope.stream) ?? 0) + 1, 'versions in a stream have no gap');
      versions.set(envelope.stream, envelope.version);
    }
    // One letter changed is seen.
    const { leafHash: claimed, ...envelope } = JSON.parse(lines.find((line) => line.includes('PhaseAdvanced')));
    envelope.data.to = 'scale_up';
    assert.notEqual(leafHash(canonical(envelope)), claimed);
  });

  test('has the hashes and sentences that the platform shows', async () => {
    const { text } = await exported('ndjson');
    const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line));
    for (const line of [lines[0], lines[Math.floor(lines.length / 2)], lines.at(-1)]) {
      const { event } = await sanne.ask(
        'query ($at: Position!) { event(position: $at) { id leafHash type stream version actor at data } }', { at: line.position });
      const { id, leafHash, type, stream, version, actor, data } = line;
      assert.deepEqual({ ...event, at: Date.parse(event.at) }, { id, leafHash, type, stream, version, actor, data, at: Date.parse(line.at) });
    }
  });

  test('as CSV has as many rows, with the same events', async () => {
    const [csv, ndjson] = [await exported('csv'), await exported('ndjson')];
    const [header, ...rows] = parseCsv(csv.text);
    assert.equal(rows.length, csv.manifest.counts.total);
    assert.equal(rows.length, await sanne.head());
    assert.ok(rows.every((row) => row.length === header.length));
    const column = (name) => rows.map((row) => row[header.indexOf(name)]);
    const lines = ndjson.text.trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(column('leafHash'), lines.map(({ leafHash }) => leafHash));
    assert.deepEqual(column('data').map((data) => JSON.parse(data)), lines.map(({ data }) => data));
    assert.deepEqual(csv.manifest.files[0].sha256, sha256(csv.text));
  });

  test('can be narrowed down to what concerns one project', async () => {
    const { text, manifest } = await exported('ndjson', '--concerns', project);
    const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line));
    const timeline = await sanne.timeline(project);
    assert.deepEqual(lines.map(({ position }) => position), timeline.map(({ position }) => position));
    assert.equal(manifest.counts.total, timeline.length);
  });

  test('does not overwrite what is in a directory', async () => {
    const { out, manifest } = await exported('csv');
    const { code, stderr } = await service.command('export', '--format', 'ndjson', '--out', out);
    assert.notEqual(code, 0);
    assert.match(stderr, /empty/);
    assert.deepEqual(JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')), manifest);
  });
});

/** Rows of fields (RFC 4180). */
function parseCsv(text) {
  const rows = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '\n') rows.push([]);
    if (end === '') break;
  }
  return rows.filter((row) => row.length > 1);
}
