import type { DerivedStatus, JobNode, JobRecord } from '../../../domain/graph.js';
import { clockTime, inShort, jsonInShort, plural } from '../../../prelude/phrases.js';

/** Results are frozen, and may be large: each is written once. */
const written = new WeakMap<object, string>();

function resultInShort(result: unknown): string {
  if (typeof result !== 'object' || result === null) return jsonInShort(result, 80);
  const before = written.get(result);
  if (before !== undefined) return before;
  const text = jsonInShort(result, 80);
  written.set(result, text);
  return text;
}

/** What there is to say about a job in a few words: its result, why it failed, or what it waits for. */
export function lineOfJob({ state, above }: JobRecord, status: DerivedStatus): string {
  switch (status) {
    case 'finished':
      if (state.result !== null) return resultInShort(state.result);
      return state.answer === null ? '' : `answered by ${inShort(state.answer.by, 80)}`;
    case 'failed':
      return inShort(state.failure?.message ?? 'failed', 120);
    case 'skipped':
      if (state.skipReason !== null) return inShort(state.skipReason, 120);
      // A fork carries over that a job skipped itself, and not why.
      return state.status === 'skipped' ? 'in the graph this is a fork of' : 'because of a job it depends on';
    case 'started':
      return state.worker === null ? 'running' : `on ${inShort(state.worker.id, 80)}`;
    case 'backing-off':
      return `again at ${clockTime(state.notBefore!)}`;
    case 'deferred':
      return `until ${clockTime(state.notBefore!)}: ${inShort(state.deferReason!, 100)}`;
    case 'delayed':
      return 'its time has not come';
    case 'awaiting':
      return 'waits for an answer';
    case 'waiting':
      return `waits for ${plural(above.openParents, 'parent')}`;
    case 'blocked':
      return 'a job before it failed';
    case 'ready':
      return 'may be claimed';
    case 'aborted':
      return inShort(state.abort?.message ?? 'aborted', 120);
  }
}

const words: Readonly<Record<DerivedStatus, string>> = {
  finished: 'finished',
  skipped: 'skipped',
  started: 'running',
  ready: 'ready, and not claimed yet',
  'backing-off': 'faulted, and will be tried again',
  awaiting: 'waiting for an answer from outside',
  deferred: 'put off by its handler',
  delayed: 'delayed, as its graph asks',
  waiting: 'waiting for its parents',
  blocked: 'blocked: a job that it depends on failed',
  failed: 'failed',
  aborted: 'aborted',
};

/** All that a tooltip says about a job: what it is, and lines about it. */
export function describedJob(node: JobNode, record: JobRecord, status: DerivedStatus): readonly string[] {
  const { attempt, worker, progress } = record.state;
  const lines = [`${node.definition.type} · ${words[status]}`];
  if (attempt > 0) {
    const by = worker === null ? '' : `, on ${worker.id}`;
    const done = status === 'started' && progress !== null ? `, ${Math.round(progress * 100)} % done` : '';
    lines.push(`attempt ${attempt}${by}${done}`);
  }
  const line = status === 'started' || status === 'ready' || status === 'blocked' ? '' : lineOfJob(record, status);
  if (line !== '' && line !== words[status]) lines.push(line);
  return lines;
}

/** Why a job is missing at a moment. */
export function notThereYet({ spawner }: JobNode): string {
  return spawner === null ? 'not there yet' : `not there yet: it comes to be when ${spawner.id} finishes`;
}
