// What the tests keep for the search for secrets: everything that the program says, and every secret that they make or
// learn on the way. Neither is ever printed.
import { appendFileSync, createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OUTPUT = fileURLToPath(new URL('../../target/test-output/', import.meta.url));
mkdirSync(join(OUTPUT, 'said'), { recursive: true });
mkdirSync(join(OUTPUT, 'secrets'), { recursive: true });

const known = new Set();
let files = 0;

/** A file for what one process says. `answers`: what somebody asked for, in which texts may stand, but no credentials. */
export function said(what, { answers = false } = {}) {
  files += 1;
  return createWriteStream(join(OUTPUT, 'said', `${what}-${process.pid}-${files}.${answers ? 'answer' : 'log'}`));
}

/** Something that must turn up in no output: a `credential`, or something `personal`. */
export function learnt(kind, secret) {
  if (!secret || known.has(secret)) return;
  known.add(secret);
  appendFileSync(join(OUTPUT, 'secrets', `${process.pid}.ndjson`), `${JSON.stringify({ kind, secret })}\n`);
}

/** An anonymous question and who asked it, by their ids: no line may name both. */
export function apart(question, asker) {
  const [secret, beside] = [question, asker].map((id) => id.slice(-36));
  appendFileSync(join(OUTPUT, 'secrets', `${process.pid}.ndjson`), `${JSON.stringify({ kind: 'asker', secret, beside })}\n`);
}

/** Whatever somebody sends along with an operation of GraphQL: what is typed, and its idempotency key. */
export function typed(variables) {
  JSON.stringify(variables ?? {}, (name, value) => {
    if (name === 'idempotencyKey') learnt('credential', value);
    // Ids and names of choices are no secrets, and a single word may stand anywhere.
    else if (typeof value === 'string' && /[\s@]/.test(value)) learnt('personal', value);
    return value;
  });
}

/** The keys of a service that keeps them in its data directory. */
export function keysIn(data) {
  for (const file of ['key-encryption-key', 'log-signing-key']) {
    if (!existsSync(join(data, file))) continue;
    for (const line of readFileSync(join(data, file), 'utf8').split('\n')) {
      if (line && !line.startsWith('#')) learnt('credential', line);
    }
  }
}

/** The value of each cookie that an answer sets. */
export function cookiesOf(headers) {
  for (const set of headers.getSetCookie()) learnt('credential', /^[^=]+=([^;]*)/.exec(set)?.[1]);
}
