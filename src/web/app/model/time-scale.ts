import { countUpTo } from './rising.js';

/** Whether events stand where their time is, or all at the same distance. */
export type Spacing = 'time' | 'even';

/** Where events are on a line of some pixels, and which event is at a place of it. */
export class TimeScale {
  private readonly from: number;
  private readonly span: number;

  /**
   * @param times when each event was recorded, rising
   * @param first the number of the first event that is shown
   * @param to until when the line goes, in milliseconds since the epoch, if that is after the last event
   */
  constructor(
    private readonly times: readonly number[],
    private readonly first: number,
    readonly width: number,
    private readonly spacing: Spacing,
    to = -Infinity,
  ) {
    this.from = times[first - 1]!;
    this.span = Math.max(1, Math.max(to, times.at(-1)!) - this.from);
  }

  /** The place of an event, by its number. */
  ofNumber(number: number): number {
    if (this.spacing === 'time') return this.ofTime(this.times[number - 1]!);
    const count = this.times.length - this.first;
    return count === 0 ? 0 : ((number - this.first) / count) * this.width;
  }

  /** The place of a moment, in milliseconds since the epoch. */
  ofTime(time: number): number {
    if (this.spacing === 'time') return ((time - this.from) / this.span) * this.width;
    return this.ofNumber(Math.max(this.first, countUpTo(this.times, time)));
  }

  /** The number of the event that is the last at a place, or before it. */
  numberAt(x: number): number {
    const share = Math.min(1, Math.max(0, x / this.width));
    if (this.spacing === 'even') return this.first + Math.round(share * (this.times.length - this.first));
    return Math.max(this.first, countUpTo(this.times, this.from + share * this.span + 0.5));
  }

  /** How many events there are in each of as many equal parts of the line. */
  histogram(parts: number): Float64Array {
    const counts = new Float64Array(parts);
    for (let number = this.first; number <= this.times.length; number++) {
      counts[Math.min(parts - 1, Math.floor((this.ofNumber(number) / this.width) * parts))]! += 1;
    }
    return counts;
  }
}
