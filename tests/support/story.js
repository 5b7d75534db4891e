// Tests that tell one story, each building on the one before.
import { test } from 'node:test';

/** A step of the story in this file. After one that failed, the rest are skipped: they could only fail too. */
export function story() {
  let failed = null;
  return (name, tell) =>
    test(name, async (t) => {
      if (failed) return t.skip(`after "${failed}" failed`);
      try {
        await tell(t);
      } catch (error) {
        failed = name;
        throw error;
      }
    });
}
