// Waiting for something to become true, and no longer than that.

/** Asks again and again until `ask` gives something truthy, and gives that; fails with `what` after `within` ms. */
export async function until(what, ask, { within = 10_000, every = 50 } = {}) {
  const deadline = Date.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${within} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
