let last = { at: Number.NaN, text: '' };

/** A time, in milliseconds since the epoch, as ISO 8601 text in UTC. Much happens in one millisecond, so the last text is kept. */
export function isoTime(at: number): string {
  if (at !== last.at) last = { at, text: new Date(at).toISOString() };
  return last.text;
}
