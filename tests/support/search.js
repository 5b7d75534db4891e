// Searches everything that the tests kept (kept.js, crates/api/tests/http/kept.rs) for the secrets that they learnt, and
// for whatever has the form of one.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a secret looks like that no test told of, as an extended regular expression. */
const FORMS = {
  'an access token': 'leerwerk_[A-Za-z0-9_-]{40,}',
  'a JWT': 'eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{8,}\\.',
  'a private key': 'PRIVATE[ +]KEY[+-]',
  'a password in an address': '(postgres(ql)?|smtps?|https?)://[^]:/@[:space:]"[]+:[^]/@[:space:]"[]+@[^[:space:]]',
  'a session cookie': '(__Host-)?leerwerk=[A-Za-z0-9_-]{16,}',
  'an authorisation code': '[?&]code=[A-Za-z0-9_-]{16,}',
  'a client secret': 'client_secret["=: ]+[A-Za-z0-9_%-]{8,}',
  'credentials in a header': '(Bearer|Basic|AUTH PLAIN) [A-Za-z0-9+/=_-]{16,}',
  'the token of a request for access': '/toegang/bevestig#[A-Za-z0-9_-]{16,}',
  'a key, byte by byte': '\\[([0-9]{1,3}, ){31}[0-9]{1,3}\\]',
};

/** A piece must be this long to be told from an ordinary word. */
const SHORTEST = 10;

/** A secret as it can stand in a log or in XML: up to what is written in another way there, as in an address, and in hex. */
function pieces({ kind, secret }) {
  const plain = secret.split(/[\s"'\\&<>]*[\n\r\t"'\\&<>]+[\s"'\\&<>]*/).map((piece) => piece.trim());
  // A single word of a text may stand anywhere.
  const long = plain.filter((piece) => piece.length >= SHORTEST && (kind === 'credential' || /[\s@]/.test(piece)));
  return long.flatMap((piece) => {
    const inAddress = encodeURIComponent(piece);
    return [piece, inAddress, inAddress.replaceAll('%20', '+'), Buffer.from(piece).toString('hex')];
  });
}

const filesIn = (directory, ending) =>
  existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith(ending)).map((name) => join(directory, name)) : [];

/** The places where grep finds one of the patterns: file, line and what it matched. */
function places(option, patterns, files) {
  if (files.length === 0 || patterns.length === 0) return [];
  const folder = mkdtempSync(join(tmpdir(), 'leerwerk-search-'));
  try {
    writeFileSync(join(folder, 'patterns'), `${patterns.join('\n')}\n`);
    const args = ['--text', '--with-filename', '--line-number', '--only-matching', option, '-f', join(folder, 'patterns'), '--', ...files];
    const { status, stdout, stderr } = spawnSync('grep', args, { encoding: 'utf8', env: { LC_ALL: 'C' }, maxBuffer: 1 << 28 });
    if (status !== 0 && status !== 1) throw new Error(`grep failed: ${stderr}`);
    return stdout.split('\n').filter(Boolean).map((line) => {
      const [, file, number, match] = /^(.*?):(\d+):(.*)$/.exec(line);
      return { file, line: Number(number), match };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Searches a folder as the tests leave it, and further files with what was said. `found` names file, line and what it is,
 * never the secret itself. Throws when there is nothing to search, or nothing to search for: then the tests kept nothing.
 */
export function search(folder, further = []) {
  const logs = [...filesIn(join(folder, 'said'), '.log'), ...further];
  const answers = filesIn(join(folder, 'said'), '.answer');
  const bytes = [...logs, ...answers].reduce((sum, file) => sum + statSync(file).size, 0);
  if (bytes === 0) throw new Error(`nothing was said in ${folder}: no output was kept`);
  const lines = filesIn(join(folder, 'secrets'), '.ndjson').flatMap((file) => readFileSync(file, 'utf8').trim().split('\n'));
  const secrets = lines.filter(Boolean).map((line) => JSON.parse(line));
  if (secrets.length === 0) throw new Error(`no secrets are registered in ${folder}`);

  const piecesOf = (kind) => [...new Set(secrets.filter((each) => each.kind === kind).flatMap(pieces))];
  const found = [];
  const add = (what, where) => where.forEach(({ file, line }) => found.push({ what, file, line }));
  add('a credential of the tests', places('-F', piecesOf('credential'), [...logs, ...answers]));
  add('something typed, or about a person', places('-F', piecesOf('personal'), logs));
  const together = secrets.filter(({ kind }) => kind === 'asker').flatMap(({ secret, beside }) => [`${secret}.*${beside}`, `${beside}.*${secret}`]);
  add('who asked anonymously', places('-E', together, logs));
  for (const [what, form] of Object.entries(FORMS)) add(what, places('-E', [form], [...logs, ...answers]));
  return { found, files: logs.length + answers.length, bytes, secrets: secrets.length };
}
