/**
 * Limits of time in tests are there against hangs only. They are written as they suit a quiet machine, and taken this many
 * times as long, so that no test fails because the machine is busy. `TEST_PATIENCE` sets another number.
 */
const patience = Number(process.env['TEST_PATIENCE'] ?? 6);

/** How long a test waits here for what takes at most `ms` on a quiet machine. */
export function patient(ms: number): number {
  return ms * patience;
}
