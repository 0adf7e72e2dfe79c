import { shownId } from '../prelude/known-names.js';
import { didYouMean } from '../prelude/nearest.js';
import type { Rejection } from './rejection.js';

/** Ids that were made, not chosen: nobody mistypes one of these into another. */
const madeId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @param others graphs that there are, or some of them; the one that was meant is named, if one is near */
export function graphNotFound(graphId: string, others: Iterable<string> = []): Rejection {
  const meant = didYouMean(
    graphId,
    [...others].filter((id) => !madeId.test(id)),
  );
  return { code: 'graph-not-found', message: `there is no graph ${shownId(graphId)}${meant}` };
}

/** @param jobIds the jobs of the graph; the one that was meant is named, if one is near */
export function jobNotFound(graphId: string, jobId: string, jobIds: Iterable<string>): Rejection {
  const message = `graph ${graphId} has no job ${shownId(jobId)}${didYouMean(jobId, jobIds)}`;
  return { code: 'job-not-found', message };
}
