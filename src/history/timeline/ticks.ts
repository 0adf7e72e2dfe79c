/** A place on the axis of time, and what is written there. */
export interface Tick {
  /** Milliseconds from the beginning. */
  readonly at: number;
  readonly label: string;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Steps that people count in, rising. Longer ones are 1, 2 and 5 times a power of ten of days. */
const steps = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 20, 30].map((seconds) => seconds * second),
  ...[1, 2, 5, 10, 20, 30].map((minutes) => minutes * minute),
  ...[1, 2, 3, 6, 12].map((hours) => hours * hour),
];

/** Round times from the beginning of a span of time to its end: as many as there may be, or a few less. */
export function ticksOf(spanMs: number, most: number): readonly Tick[] {
  const step = stepFor(spanMs / Math.max(1, most));
  const count = Math.floor(spanMs / step) + 1;
  return Array.from({ length: count }, (_, index) => ({ at: index * step, label: tickLabel(index * step) }));
}

function stepFor(leastMs: number): number {
  const step = steps.find((each) => each >= leastMs);
  if (step !== undefined) return step;
  for (let ten = day; ; ten *= 10) {
    const found = [1, 2, 5].find((times) => times * ten >= leastMs);
    if (found !== undefined) return found * ten;
  }
}

/** A round time, exactly: `0`, `200 ms`, `1.5 s`, `2 min 30 s`. */
function tickLabel(ms: number): string {
  if (ms === 0) return '0';
  if (ms < second) return `${ms} ms`;
  if (ms < minute) return `${ms / second} s`;
  if (ms < hour) return inTwo(ms, [minute, 'min'], [second, 's']);
  return ms < day ? inTwo(ms, [hour, 'h'], [minute, 'min']) : inTwo(ms, [day, 'd'], [hour, 'h']);
}

type Unit = readonly [length: number, name: string];

function inTwo(ms: number, [large, name]: Unit, [small, smallName]: Unit): string {
  const rest = ms % large;
  const whole = `${Math.floor(ms / large)} ${name}`;
  return rest === 0 ? whole : `${whole} ${rest / small} ${smallName}`;
}
