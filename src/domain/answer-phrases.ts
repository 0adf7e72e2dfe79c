/** How answers from outside are written for people. */
import { inShort, jsonInShort, localTime } from '../prelude/phrases.js';
import type { JobState } from './job.js';

/** Who answered a job, when, and what: `answered by NAME at … with RESULT (why)`. Only of a job that was answered. */
export function answeredBy(state: Pick<JobState, 'answer' | 'status' | 'result' | 'failure'>): string {
  const { answer, status, result, failure } = state;
  const { by, reason, at } = answer!;
  const said = status === 'failed' ? `the failure ${JSON.stringify(failure?.message ?? '')}` : jsonInShort(result, 100);
  const why = reason === '' ? '' : ` (${inShort(reason, 200)})`;
  return `answered by ${inShort(by, 100)} at ${localTime(at)} with ${inShort(said, 200)}${why}`;
}

/** Whose answer a job waits for: `the finance team`, or `somebody`. */
export function askedOf({ external }: { readonly external?: { readonly for?: string } | null }): string {
  return external?.for ?? 'somebody outside';
}

/** What finished a job in another graph, by the number of the attempt: an answer is none. */
export function finisherOf(attempt: number): string {
  return attempt === 0 ? 'an answer finished' : `attempt ${attempt} finished`;
}
