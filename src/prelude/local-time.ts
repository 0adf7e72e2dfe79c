/**
 * Local time where clocks are set for the summer: in autumn an hour comes twice, in spring one is left out. By the rules
 * of the time zone this process runs in.
 */

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/**
 * The moments that a local time may mean, the earlier first, in milliseconds since the epoch: usually one, two in an hour
 * that comes twice, none in an hour that is left out.
 *
 * @param text date and time in ISO form without a zone
 */
export function momentsOf(text: string): readonly number[] {
  const asUtc = Date.parse(`${text}Z`);
  if (Number.isNaN(asUtc)) return [];
  // Clocks are set once within two days at most, so these are the offsets there are around the time.
  const offsets = new Set([-dayMs, dayMs].map((aside) => new Date(asUtc + aside).getTimezoneOffset()));
  const moments = [...offsets].map((offset) => ({ offset, at: asUtc + offset * minuteMs }));
  const real = moments.filter(({ offset, at }) => new Date(at).getTimezoneOffset() === offset);
  return real.map(({ at }) => at).sort((a, b) => a - b);
}

/** How far the clock is ahead of UTC at a moment, as ISO writes it: `-04:00`. */
export function offsetAt(at: number): string {
  const minutes = -new Date(at).getTimezoneOffset();
  const two = (part: number) => String(Math.floor(part)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}
