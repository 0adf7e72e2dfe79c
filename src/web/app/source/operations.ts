/** What a page may change, if its server was started with `--operate`. Each takes a reason, and stands in the history. */
import type { Json } from '../../../prelude/json.js';
import { apiPath, askJson, post } from './ask.js';

/** What is changed: a graph, or one of its jobs. */
export interface Target {
  readonly graphId: string;
  readonly jobId: string | null;
}

export type OperationName = 'retry' | 'abort' | 'pause' | 'resume';

/** What a fork would run, and what it would carry over. */
export interface ForkPreview {
  readonly graphId: string;
  readonly runs: readonly { readonly id: string; readonly reason: string; readonly below: string | null }[];
  readonly carried: readonly { readonly id: string }[];
}

function stepsTo({ graphId, jobId }: Target): readonly string[] {
  return jobId === null ? ['graphs', graphId] : ['graphs', graphId, 'jobs', jobId];
}

/** @throws SourceError with the rule that refused it */
export async function operate(target: Target, name: OperationName, reason: string): Promise<void> {
  await post(apiPath([...stepsTo(target), name]), { reason });
}

/** An answer from outside: the result of a job, or why it failed. */
export type GivenAnswer = { readonly result: Json } | { readonly fail: string };

/** @throws SourceError with the rule that refused it, such as that somebody else was faster */
export async function answer(target: Target, given: GivenAnswer, reason: string): Promise<void> {
  await post(apiPath([...stepsTo(target), 'answer']), { reason, ...given });
}

/** @param from the job to run again, with all that depend on it; null to run again what failed */
export async function previewFork(graphId: string, from: string | null): Promise<ForkPreview> {
  const query = from === null ? { failed: 'true' } : { from };
  return await askJson(apiPath(['graphs', graphId, 'fork-preview'], query));
}

/** @returns the id of the new graph */
export async function fork(graphId: string, from: string | null, reason: string): Promise<string> {
  const body = { reason, ...(from === null ? { failed: true } : { from: [from] }) };
  const response = await post(apiPath(['graphs', graphId, 'fork']), body);
  return ((await response.json()) as { readonly graphId: string }).graphId;
}
