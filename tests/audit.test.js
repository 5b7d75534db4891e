// docs/check-the-log.md, step by step: what an auditor does who trusts nobody.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFileSync, copyFileSync, cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { canonical, leafHash, nodeHash } from './support/canonical.js';
import { signIn } from './support/graphql.js';
import { freshDirectory, serve } from './support/service.js';

const page = (path) => fileURLToPath(new URL(path, import.meta.url));
let service, folder, keys, kept, size, sanne;
before(async () => {
  service = await serve();
  folder = freshDirectory();
  sanne = await signIn(service.url, 'sanne');
});
after(() => service?.stop());

const get = (path, headers = {}) => fetch(service.url + path, { headers });
async function text(path) {
  const response = await get(path);
  assert.equal(response.status, 200, path);
  return response.text();
}
async function ask() {
  const { themes } = await sanne.ask('{ themes { id } }');
  await sanne.done('askQuestion', { title: 'Hoe houden jullie dit vol?', body: 'Wij zoeken.', themeIds: [themes[0].id] });
}
async function exported(...more) {
  const out = join(freshDirectory(), 'export');
  const { code, stderr } = await service.command('export', '--out', out, ...more);
  assert.equal(code, 0, stderr);
  return out;
}
const verify = (directory, ...more) => service.command('verify', directory, '--log-key', join(folder, 'log-keys'), ...more);

describe('an auditor', () => {
  test('notes the key and keeps a checkpoint', async () => {
    keys = await text('/tlog/keys');
    assert.match(keys, /^localhost\/leerwerk-[0-9a-f]{8}\+[0-9a-f]{8}\+\S{44}\n$/);
    writeFileSync(join(folder, 'log-keys'), keys);
    const response = await get('/tlog/checkpoint');
    assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
    kept = await response.text();
    writeFileSync(join(folder, 'kept'), kept);
    size = Number(kept.split('\n')[1]);
    assert.ok(size > 2000);
    await ask();
  });

  test('checks an export, NDJSON and CSV, whole and in part, against it', async () => {
    for (const more of [['--format', 'ndjson'], ['--format', 'csv'], ['--format', 'ndjson', '--from', '100', '--until', '900']]) {
      const out = await exported(...more);
      const { code, stdout, stderr } = await verify(out, '--checkpoint', join(folder, 'kept'));
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /agrees with .*kept, signed at position \d+\nagrees with the checkpoint of the export/);
      assert.match(stdout, /nothing is wrong\n$/);
    }
  });

  test('checks it without our program', async () => {
    const out = await exported('--format', 'ndjson');
    // In a folder of its own, as after `npm install canonicalize`.
    const program = join(freshDirectory(), 'root.mjs');
    copyFileSync(page('../docs/check-the-log/root.mjs'), program);
    symlinkSync(page('node_modules'), join(program, '../node_modules'));
    const run = () => promisify(execFile)(process.execPath, [program, out, keys.trim()], { encoding: 'utf8' });
    assert.match((await run()).stdout, /: as in the checkpoint, whose signature is right\n$/);
    const path = join(out, 'events.ndjson');
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, lines.toSpliced(6, 1, lines[6].replace('"version":', '"version":1')).join('\n'));
    await assert.rejects(run(), /position 7 was changed/);
    writeFileSync(path, lines.toSpliced(-2, 1).join('\n'));
    await assert.rejects(run(), ({ stdout }) => /NOT as in the checkpoint/.test(stdout));
  });

  test('is told by position what somebody changed', async () => {
    const out = await exported('--format', 'ndjson');
    const lines = readFileSync(join(out, 'events.ndjson'), 'utf8').trimEnd().split('\n');
    const rehash = (line, change) => {
      const { leafHash: _, ...envelope } = { ...JSON.parse(line), ...change };
      return canonical({ ...envelope, leafHash: leafHash(canonical(envelope)) });
    };
    const tries = {
      'position 12: the event is not what was recorded': lines.with(11, lines[11].replace('"version":', '"version":1')),
      'position 13: the event is missing': lines.toSpliced(12, 1),
      'position 14: the event is not what was recorded': lines.with(13, lines[14].replace('"position":15', '"position":14')),
      'position 20: an event stands where none was recorded': lines.toSpliced(20, 0, lines[19]),
      [`positions 1 to ${size}: the history is another than the one that was signed`]: lines.with(29, rehash(lines[29], { actor: 'member:somebody' })),
    };
    for (const [told, changed] of Object.entries(tries)) {
      const forged = join(freshDirectory(), 'forged');
      cpSync(out, forged, { recursive: true });
      writeFileSync(join(forged, 'events.ndjson'), `${changed.join('\n')}\n`);
      const { code, stdout } = await verify(forged, '--checkpoint', join(folder, 'kept'));
      assert.equal(code, 1, told);
      assert.ok(stdout.includes(`WRONG  ${told}`), `${told} is not in:\n${stdout}`);
      assert.ok(stdout.includes('events.ndjson: it is not the file that the manifest describes'));
      // With an export that was kept, exactly which.
      if (told.includes('history')) {
        const { stdout } = await verify(forged, '--earlier', out);
        assert.ok(stdout.includes('WRONG  position 30: the event is another than in the earlier export'), stdout);
      }
    }
    const cut = join(freshDirectory(), 'cut');
    cpSync(await exported('--format', 'ndjson', '--until', '500'), cut, { recursive: true });
    appendFileSync(join(cut, 'checkpoint'), 'x');
    const { code, stdout } = await verify(cut);
    assert.equal(code, 1);
    assert.match(stdout, /WRONG {2}the checkpoint of the export: /);
  });

  test('proves one event, and that the log goes on from the kept checkpoint', async () => {
    const out = await exported('--format', 'ndjson');
    const lines = readFileSync(join(out, 'events.ndjson'), 'utf8').trimEnd().split('\n');
    const [head, checkpoint] = (await text('/tlog/proof/17')).split(/\n\n(?=localhost)/);
    const [version, index, ...path] = head.split('\n');
    assert.deepEqual([version, index], ['c2sp.org/tlog-proof@v1', 'index 16']);
    // RFC 9162 §2.1.3.2, written from the standard.
    let [fn, sn, hash] = [16, Number(checkpoint.split('\n')[1]) - 1, Buffer.from(JSON.parse(lines[16]).leafHash, 'hex')];
    for (const beside of path.map((line) => Buffer.from(line, 'base64'))) {
      if (fn % 2 === 1 || fn === sn) {
        hash = nodeHash(beside, hash);
        while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
      } else hash = nodeHash(hash, beside);
      [fn, sn] = [fn >> 1, sn >> 1];
    }
    assert.equal(sn, 0);
    assert.equal(hash.toString('base64'), checkpoint.split('\n')[2]);

    const consistency = await text(`/tlog/consistency/${size}`);
    assert.match(consistency, new RegExp(`^old ${size}\n([A-Za-z0-9+/]{43}=\n)+\nlocalhost/`));
    for (const path of ['/tlog/proof/0', '/tlog/proof/-1', '/tlog/proof/99999999', '/tlog/consistency/0', '/tlog/consistency/99999999', '/tlog/tile/0/999', '/tlog/tile/0/0', '/tlog/tile/9/000', '/tlog/tile/64/000']) {
      assert.equal((await get(path)).status, 404, path);
    }
    assert.equal((await get('/tlog/proof/x')).status, 400);
  });

  test('reads hashes like everybody, and events only as an auditor', async () => {
    const tile = Buffer.from(await (await get('/tlog/tile/0/000')).arrayBuffer());
    assert.equal(tile.length, 256 * 32);
    const out = await exported('--format', 'ndjson');
    const lines = readFileSync(join(out, 'events.ndjson'), 'utf8').split('\n');
    assert.equal(tile.subarray(0, 32).toString('hex'), JSON.parse(lines[0]).leafHash);
    const above = Buffer.from(await (await get('/tlog/tile/1/000.p/2')).arrayBuffer());
    let level = Array.from({ length: 256 }, (_, i) => tile.subarray(i * 32, i * 32 + 32));
    while (level.length > 1) level = level.flatMap((left, i) => (i % 2 ? [] : [nodeHash(left, level[i + 1])]));
    assert.deepEqual(above.subarray(0, 32), level[0]);

    const entries = '/tlog/tile/entries/000.p/3';
    assert.equal((await get(entries)).status, 401);
    assert.equal((await sanne.get(entries)).status, 403);
    const personas = await (await get('/demo/personas')).json();
    const auditor = await signIn(service.url, personas.find(({ roles }) => roles.includes('AUDITOR')).persona);
    const response = await auditor.get(entries);
    assert.equal(response.status, 200);
    let bundle = Buffer.from(await response.arrayBuffer());
    for (const line of lines.slice(0, 3)) {
      const entry = bundle.subarray(2, 2 + bundle.readUInt16BE(0));
      const { leafHash: hash, ...envelope } = JSON.parse(line);
      assert.equal(entry.toString(), canonical(envelope));
      assert.equal(leafHash(entry), hash);
      bundle = bundle.subarray(2 + entry.length);
    }
    assert.equal(bundle.length, 0);
  });

  test('checks the database beside the running platform', async () => {
    await ask();
    const { code, stdout, stderr } = await service.command('verify', '--database', '--checkpoint', join(folder, 'kept'));
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /nothing is wrong\n$/);
  });
});
