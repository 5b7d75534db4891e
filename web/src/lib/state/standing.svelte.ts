// How the platform as a whole stands, as its answers tell: as of which moment it is shown, and what does not keep up.

/** A part that shows an earlier state than the rest. */
export interface Stale {
  part: string;
  since: string;
}

class Standing {
  /** The moment as of which everything is shown; null: now. */
  asOf = $state.raw<string | null>(null);
  stale = $state.raw<readonly Stale[]>([]);

  /** Of every answer. */
  hear(stale: readonly Stale[] | undefined): void {
    if (stale?.length || this.stale.length) this.stale = stale ?? [];
  }
}

export const standing = new Standing();
