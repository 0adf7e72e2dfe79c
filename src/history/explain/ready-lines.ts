/** What is said of jobs that may be claimed: who could, and what limits keep them from it. */
import { duration, listed, plural } from '../../prelude/phrases.js';
import { type GraphExplanation, type JobExplanation, recentMs, type WorkerSeen } from './explanation.js';
import { limitLines, waitLines } from './limit-waits.js';
import type { Speech } from './speech.js';

export function readyLines(job: JobExplanation, speech: Speech): string[] {
  const attempts = job.attempt === 0 ? [] : [`  ${plural(job.attempt, 'attempt')} so far`];
  if (job.pauses.length > 0)
    return [...attempts, '  nothing else keeps it from running: no worker starts it until then'];
  const limits = limitLines(job.limits, speech);
  // Whoever could take it does when there is room.
  if (job.limits.some(({ isFull }) => isFull)) return [...attempts, ...limits];
  return [...attempts, ...limits, ...whoCould(job.type, job, speech)];
}

/** The ready jobs of a graph, by their types, and by the limits that keep them from running. */
export function readyInGraph(graph: GraphExplanation, speech: Speech): string[] {
  const lines: string[] = [];
  // Each takes several lines.
  const most = Math.ceil(speech.limit / 2);
  for (const { type, jobs, candidates } of graph.ready.slice(0, most)) {
    lines.push(`  ready, of type ${type}: ${listed(jobs)}`);
    lines.push(...whoCould(type, { candidates, workersSeen: graph.workersSeen }, speech).map((line) => `  ${line}`));
  }
  lines.push(...moreLines(graph.ready.slice(most), 'type'));
  for (const { jobs, wait } of graph.limited.slice(0, most)) {
    lines.push(`  ready, under limit ${wait.key}: ${listed(jobs)}`);
    lines.push(...waitLines(wait, jobs.length === 1 ? 'it' : 'each', speech).map((line) => `  ${line}`));
  }
  lines.push(...moreLines(graph.limited.slice(most), 'key'));
  return lines;
}

function moreLines(others: readonly { readonly jobs: readonly string[] }[], what: string): string[] {
  if (others.length === 0) return [];
  const jobs = others.reduce((sum, each) => sum + each.jobs.length, 0);
  return [`  ready, of ${plural(others.length, what)} more: ${plural(jobs, 'job')}`];
}

function whoCould(
  type: string,
  { candidates, workersSeen }: { readonly candidates: readonly WorkerSeen[]; readonly workersSeen: number },
  { now }: Speech,
): string[] {
  const lately = `in the last ${duration(recentMs)}`;
  if (candidates.length > 0) {
    const named = candidates.map(
      ({ id, lastSeenAt }) => `${id} (${duration(Math.max(0, now - Date.parse(lastSeenAt)))} ago)`,
    );
    return [
      `  nothing keeps it from running: it waits for a worker with a free slot`,
      `  workers that took jobs of type ${type} ${lately}: ${listed(named)}`,
    ];
  }
  const others = workersSeen === 0 ? '' : ` (${plural(workersSeen, 'worker')} took others)`;
  return [
    `  nothing keeps it from running, but no worker took a job of type ${type} ${lately}${others}`,
    `it runs once there is a worker with a handler for ${type}: overseer worker FILE`,
  ];
}
