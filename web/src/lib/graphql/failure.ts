// What can go wrong between here and the server. A refusal by the rules is data, not a failure.

/** Codes the server sends in `extensions.code`, and two of our own: OFFLINE (no network), UNKNOWN. */
export type FailureCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'ACCESS_ENDED'
  | 'NOT_FOUND'
  | 'UNAVAILABLE'
  | 'BUSY'
  | 'TOO_MANY_REQUESTS'
  | 'TIMEOUT'
  | 'OFFLINE'
  | 'UNKNOWN'
  | (string & {});

export class Failure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message = code) {
    super(message);
    this.name = 'Failure';
    this.code = code;
  }

  /** Whether asking again, a little later, may well succeed. */
  get passing(): boolean {
    return ['UNAVAILABLE', 'BUSY', 'TOO_MANY_REQUESTS', 'TIMEOUT', 'OFFLINE'].includes(this.code);
  }
}
