// Recomputes the root of the tree from the lines of an export, in another language than the platform's and with
// nothing of ours: JSON in canonical form (RFC 8785) by the package `canonicalize`, SHA-256 and Ed25519 by Node.
//   npm install canonicalize && node root.mjs DIR 'leerwerk.example/tlog+1234abcd+AbCd…'
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import canonicalize from 'canonicalize';

const [directory, key] = process.argv.slice(2);
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const peaks = []; // [height, root] of the full subtrees, the largest first (RFC 6962 §2.1)
const join = (left, right) => sha256(Buffer.from([1]), left, right);
for (const line of readFileSync(`${directory}/events.ndjson`, 'utf8').split('\n').filter(Boolean)) {
  const { leafHash, ...envelope } = JSON.parse(line);
  let [height, hash] = [0, sha256(Buffer.from([0]), canonicalize(envelope))];
  if (hash.toString('hex') !== leafHash) throw new Error(`position ${envelope.position} was changed`);
  while (peaks.at(-1)?.[0] === height) [height, hash] = [height + 1, join(peaks.pop()[1], hash)];
  peaks.push([height, hash]);
}
const root = peaks.map(([, hash]) => hash).reduceRight((right, left) => join(left, right));

const [, body, signature] = readFileSync(`${directory}/checkpoint`, 'utf8').match(/^([^]*\n)\n— \S+ (\S+)\n/);
const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(key.split('+').slice(2).join('+'), 'base64').subarray(1)]);
const trusted = createPublicKey({ key: der, format: 'der', type: 'spki' });
const signed = verify(null, body, trusted, Buffer.from(signature, 'base64').subarray(4));
const same = body.split('\n')[2] === root.toString('base64');
console.log(`root ${root.toString('base64')}: ${same ? 'as' : 'NOT as'} in the checkpoint, whose signature is ${signed ? 'right' : 'WRONG'}`);
process.exit(same && signed ? 0 : 1);
