import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Summary } from '../../examples/dependency-audit/results.js';
import { type GraphInfo, graphInfo, graphs, history, type RecordedEvent, store } from '../../src/index.js';

/** An audit run the way a user runs it: `main.ts` in a process of its own. */
export interface AuditRun {
  readonly process: ChildProcess;
  readonly out: string;
  /** What it has printed so far. */
  printed(): string;
  readonly ended: Promise<AuditEnd>;
}

export interface AuditEnd {
  readonly exitCode: number | null;
  readonly printed: string;
}

export function startAudit(out: string, ...args: readonly string[]): AuditRun {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'examples/dependency-audit/main.ts', '--out', out, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } },
  );
  let printed = '';
  const take = (chunk: Buffer) => (printed += chunk.toString());
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const ended = new Promise<AuditEnd>((resolve) => {
    child.on('close', (exitCode) => resolve({ exitCode, printed }));
  });
  return { process: child, out, printed: () => printed, ended };
}

/** What an audit that has ended left behind. */
export interface AuditTraces {
  readonly graph: GraphInfo;
  readonly events: readonly RecordedEvent[];
  readonly summary: Summary;
  readonly text: string;
  readonly html: string;
}

export async function readTraces(out: string): Promise<AuditTraces> {
  const db = await store(`sqlite:${join(out, 'audit.db')}`);
  try {
    const [found] = (await graphs(db)).items;
    const graph = await graphInfo(db, found!.id);
    const events: RecordedEvent[] = [];
    for await (const event of history(db, graph.id)) events.push(event);
    const summary = graph.jobs['summary']!.result as unknown as Summary;
    const read = (file: string) => readFileSync(join(out, file), 'utf8');
    return { graph, events, summary, text: read('report.txt'), html: read('report.html') };
  } finally {
    await db.close();
  }
}

/** How often each job finished, as `job: times`, for those that did not do so once. */
export function notFinishedOnce({ graph, events }: AuditTraces): readonly string[] {
  const times = new Map(Object.keys(graph.jobs).map((job) => [job, 0]));
  for (const event of events) {
    if (event.type === 'JobFinished') times.set(event.jobId!, times.get(event.jobId!)! + 1);
  }
  return [...times].filter(([, count]) => count !== 1).map(([job, count]) => `${job}: ${count}`);
}
