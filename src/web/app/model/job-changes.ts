import type { Json } from '../../../prelude/json.js';
import { patchBetween } from '../../../prelude/json-patch.js';
import type { GraphModel } from './graph-model.js';

const none: ReadonlySet<string> = new Set();

/** What an event changed in a job's state, as paths (RFC 6901) into its {@link JobInfo}, with those around them. */
export function changedPaths(model: GraphModel, number: number, jobId: string): ReadonlySet<string> {
  if (number <= model.first) return none;
  const { jobId: own, madeReady } = model.changeBy(number);
  if (own !== null && own !== jobId && !madeReady.includes(jobId)) return none;
  const [before, after] = [model.jobAt(number - 1, jobId), model.jobAt(number, jobId)];
  const paths = new Set<string>();
  for (const { path } of patchBetween(before as unknown as Json, after as unknown as Json)) {
    const steps = path.split('/');
    for (let length = 2; length <= steps.length; length++) paths.add(steps.slice(0, length).join('/'));
  }
  return paths;
}
