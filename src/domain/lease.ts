/** How long a worker without a sign of life keeps its job: Overseer's heartbeat period times its tolerance. */
export function leaseLengthMs(heartbeatSleepTimeMs: number, tolerance: number): number {
  return Math.min(Math.max(1, Math.round(heartbeatSleepTimeMs * tolerance)), Number.MAX_SAFE_INTEGER);
}

/**
 * Whether a lease is over, judged by one clock: that of the watching worker, from the moment it saw the owner's last
 * event. Clocks of two machines are never compared. Silence of exactly the lease's length is not yet too long.
 */
export function isLeaseExpired(observedAtMs: number, nowMs: number, leaseMs: number): boolean {
  return nowMs - observedAtMs > leaseMs;
}
