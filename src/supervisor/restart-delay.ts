const firstMs = 1000;
const mostMs = 30_000;
/** A process that has lived so long ended for a reason of its own: what ended those before it counts no more. */
const steadyMs = 60_000;

/**
 * How long to wait before a process is started in place of another: doubling while they end soon, and spread, so that several
 * do not come back at once.
 *
 * @param before how many in a row had ended soon before that one
 * @param random from 0 to 1
 */
export function restartDelayMs(before: number, random: number): number {
  return Math.round(Math.min(firstMs * 2 ** before, mostMs) * (0.8 + 0.4 * random));
}

/** How many in a row have ended soon, when one ends. */
export function endedSoon(before: number, livedMs: number): number {
  return livedMs >= steadyMs ? 0 : before + 1;
}
