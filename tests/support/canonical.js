// JSON in canonical form (RFC 8785) and the leaf hash over it (RFC 6962), written from the standards alone: a check on
// the program must not share its code.
import { createHash } from 'node:crypto';

/** Members sorted by UTF-16 code units, no white space; numbers and strings as ECMAScript writes them. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

export const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

/** The hash of a leaf: of a zero byte and its content. */
export const leafHash = (content) => sha256(Buffer.from([0]), content);

/** The hash of an inner node of a Merkle tree (RFC 6962 §2.1), as bytes. */
export const nodeHash = (left, right) => Buffer.from(sha256(Buffer.from([1]), left, right), 'hex');
