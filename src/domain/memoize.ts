/** What events say of remembered results. Part of the storage format: see events.ts for its rules. */
import * as t from '../prelude/io.js';
import { Instant, intFrom, record } from '../prelude/codec.js';

const PositiveInt = intFrom(1);

/** Under which key a job's result is remembered, and when a remembered one stands in for running the job. */
export const Memoize = record(
  'memoize',
  {
    /** Jobs of one namespace that have the same key have, by their author's word, the same result. */
    key: t.string,
  },
  {
    /** How old a remembered result may be when the job starts. Without it, as old as it happens to be. */
    maxAgeMs: PositiveInt,
    /** Run the job whatever is remembered, and remember its new result. */
    fresh: t.boolean,
  },
);
export type Memoize = t.TypeOf<typeof Memoize>;

/** Which job's run a remembered result comes from. */
export const MemoizedFrom = record('memoized result', {
  /** The graph in which the job ran. */
  graphId: t.string,
  /** The job there. */
  jobId: t.string,
  /** The attempt that finished it there. */
  attempt: PositiveInt,
  /** Of the JobFinished that recorded the result there. */
  eventId: t.string,
  /** When the log recorded that event. */
  finishedAt: Instant,
});
export type MemoizedFrom = t.TypeOf<typeof MemoizedFrom>;
