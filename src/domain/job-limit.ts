import * as t from '../prelude/io.js';
import { intFrom, record } from '../prelude/codec.js';

/** One limit that a job comes under: the key that is counted, and how many places of it the job takes; 1 unless given. */
export const JobLimit = record('limit', { key: t.string }, { units: intFrom(1) });
export type JobLimit = t.TypeOf<typeof JobLimit>;

/** A limit as a program gives it: a key, or a key and its units. `{name}` in a key stands for the job's arg of that name. */
export type GivenLimit = string | { readonly key: string; readonly units?: number };
