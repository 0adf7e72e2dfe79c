/** What is said of jobs that somebody outside answers. Part of the storage format: see events.ts for its rules. */
import * as t from '../prelude/io.js';
import { record } from '../prelude/codec.js';

/** Of a job that no worker runs: somebody outside answers it. */
export const External = record(
  'external',
  {},
  {
    /** Whose answer it waits for, in words for people. */
    for: t.string,
  },
);
export type External = t.TypeOf<typeof External>;

/** Who answered a job from outside, why, and when the log recorded it. */
export interface JobAnswer {
  readonly by: string;
  /** Empty if none was given. */
  readonly reason: string;
  readonly at: string;
}
