/** How long the page's main thread was busy, read from a trace that Chromium records. */

interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  /** When it began, how long it took, and how much of that the thread was on a processor; in microseconds. */
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
}

/** What has to be recorded. */
export const traceCategories = ['-*', 'blink.user_timing', 'disabled-by-default-devtools.timeline'];

/** How long a thread was busy, by the clock on the wall and by its processor time, in milliseconds. */
export interface Busy {
  readonly wallMs: number;
  readonly processorMs: number;
}

/**
 * For each mark of a name, what the main thread did from there on until the next one: all of its tasks, so that scripts,
 * style, layout, painting, and garbage that is collected are in it, and waiting for a frame is not.
 */
export function busyBetween(trace: Buffer, mark: string): readonly Busy[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { readonly traceEvents: readonly TraceEvent[] };
  const marks = traceEvents.filter(({ name, cat }) => name === mark && cat === 'blink.user_timing');
  const [first] = marks;
  if (first === undefined) return [];
  const starts = marks.map(({ ts }) => ts).sort((a, b) => a - b);
  const busy = starts.map(() => ({ wallMs: 0, processorMs: 0 }));
  for (const { name, pid, tid, ts, dur = 0, tdur = 0 } of traceEvents) {
    if (name !== 'RunTask' || pid !== first.pid || tid !== first.tid) continue;
    // The task that holds the mark began before it.
    const next = starts.findIndex((start) => start > ts + dur);
    const own = busy[(next < 0 ? starts.length : next) - 1];
    if (own === undefined) continue;
    own.wallMs += dur / 1000;
    own.processorMs += tdur / 1000;
  }
  return busy;
}
