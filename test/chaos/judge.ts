/** Compares what processes have written down with what the log says. Nothing of the engine's own state is trusted. */
import { graphInfo, type GraphInfo, type JobGraph, type RecordedEvent, type Store, verify } from '../../src/index.js';
import type { JournalLine } from './journal.js';
import { digestOf, digestsOf, resultOf } from './workload.js';
import { rightOf } from '../support/right.js';

export interface Findings {
  readonly jobs: number;
  /** Endings of attempts that the log has acknowledged. */
  readonly endings: number;
  /** Acknowledged, and not in the log. */
  readonly lost: string[];
  /** In the log, though its attempt was over, or was somebody else's. */
  readonly stale: string[];
  readonly otherwise: string[];
}

const endings = ['JobFinished', 'JobFaulted', 'JobAborted'];
const batch = 5000;

export async function eventsOf(db: Store): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (let more = true; more;) {
    const read = await rightOf(db.log.readAll({ after: events.at(-1)?.position ?? null, limit: batch }));
    for (const event of read) events.push(event);
    more = read.length === batch;
  }
  return events;
}

export function acknowledgedEndings(lines: readonly JournalLine[]): number {
  return lines.filter((line) => line.kind === 'acknowledged' && endings.includes(line.type)).length;
}

/** Judges a log that still stands. @param isWhole whether every graph must have finished */
export async function judge(
  db: Store,
  lines: readonly JournalLine[],
  submitted: ReadonlyMap<string, JobGraph>,
  isWhole: boolean,
): Promise<Findings> {
  const events = await eventsOf(db);
  const found: Findings = {
    jobs: [...submitted.values()].reduce((sum, { jobs }) => sum + Object.keys(jobs).length, 0),
    endings: acknowledgedEndings(lines),
    lost: lostAmong(lines, events),
    stale: [],
    otherwise: [],
  };
  const ledgers = readLedgers(events, found);
  judgeRuns(lines, ledgers, found);
  const { problems, problemCount } = await verify(db);
  if (problemCount > 0)
    found.otherwise.push(
      `verify: ${problems
        .slice(0, 3)
        .map((each) => each.problem)
        .join('; ')}`,
    );
  for (const [id, graph] of submitted) {
    if (!ledgers.has(id)) found.lost.push(`graph ${id}, which was acknowledged`);
    else if (isWhole) judgeResults(await graphInfo(db, id), graph, ledgers.get(id)!, found);
  }
  return found;
}

export function lostAmong(lines: readonly JournalLine[], events: readonly RecordedEvent[]): string[] {
  const byId = new Map(events.map((event) => [event.id, event]));
  return lines.flatMap((line) => {
    if (line.kind !== 'acknowledged') return [];
    const event = byId.get(line.id);
    const isThere = event?.revision === line.revision && event.jobId === line.jobId && event.graphId === line.graphId;
    return isThere ? [] : [`${line.type} ${line.revision} of ${line.graphId}/${line.jobId ?? ''}`];
  });
}

/** What the stream of a job says, event by event. */
interface JobLedger {
  /** Who runs it, by its own stream. */
  live: { readonly attempt: number; readonly workerId: string; readonly isDoubtful: boolean } | null;
  /** Who started each attempt. */
  readonly starters: Map<number, string>;
  readonly results: unknown[];
}

interface GraphLedger {
  isAborted: boolean;
  readonly parents: ReadonlyMap<string, readonly string[]>;
  readonly jobs: Map<string, JobLedger>;
}

function readLedgers(events: readonly RecordedEvent[], found: Findings): Map<string, GraphLedger> {
  const ledgers = new Map<string, GraphLedger>();
  for (const event of events) {
    const ledger = ledgers.get(event.graphId);
    if (event.type === 'GraphSubmitted') {
      const parents = new Map([
        ...(ledger?.parents ?? []),
        ...event.data.jobs.map((job) => [job.id, job.parents] as const),
      ]);
      ledgers.set(event.graphId, { isAborted: false, parents, jobs: new Map() });
    } else if (ledger !== undefined) {
      if (event.type === 'GraphAborted') ledger.isAborted = true;
      if (event.type === 'GraphReset') ledger.isAborted = false;
      if (event.jobId !== null) enter(event, ledger, found);
    }
  }
  return ledgers;
}

function jobIn(ledger: GraphLedger, jobId: string): JobLedger {
  const known = ledger.jobs.get(jobId) ?? { live: null, starters: new Map<number, string>(), results: [] };
  ledger.jobs.set(jobId, known);
  return known;
}

function enter(event: RecordedEvent, graph: GraphLedger, found: Findings): void {
  const job = jobIn(graph, event.jobId!);
  const where = `@${event.position} ${event.type} of ${event.graphId}/${event.jobId}`;
  switch (event.type) {
    case 'JobStarted': {
      const { attempt, worker } = event.data;
      if (job.live !== null && !job.live.isDoubtful) {
        found.stale.push(`${where}: attempt ${attempt} began while attempt ${job.live.attempt} was live`);
      }
      if (job.starters.has(attempt)) found.stale.push(`${where}: attempt ${attempt} began twice`);
      if (job.results.length > 0) found.otherwise.push(`${where}: it had finished already`);
      const unfinished = graph.parents.get(event.jobId!)?.filter((id) => jobIn(graph, id).results.length === 0) ?? [];
      if (unfinished.length > 0) found.otherwise.push(`${where}: before its parents ${unfinished.join(', ')}`);
      job.starters.set(attempt, worker.id);
      // A claim may reach the log after the abort of its graph, which is in another stream. Then it has no effect.
      job.live = { attempt, workerId: worker.id, isDoubtful: graph.isAborted };
      return;
    }
    case 'Heartbeat':
    case 'JobFinished':
    case 'JobFaulted':
    case 'JobAborted': {
      const { attempt } = event.data;
      // An operator, or a monitor that takes a lease away, writes of attempts that are not its own.
      const isAnyones =
        event.type === 'JobAborted' || (event.type === 'JobFaulted' && event.data.cause === 'lease-expired');
      if (attempt !== undefined && attempt !== job.live?.attempt)
        found.stale.push(`${where}: attempt ${attempt} was over`);
      else if (!isAnyones && event.actor !== job.live?.workerId) {
        found.stale.push(`${where}: ${event.actor} wrote it, and ${job.live?.workerId} ran it`);
      }
      if (event.type === 'JobFinished' && !graph.isAborted && job.live?.isDoubtful !== true) {
        job.results.push(event.data.result);
      }
      if (event.type !== 'Heartbeat') job.live = null;
      return;
    }
    case 'JobReset':
      if (job.results.length > 0) found.otherwise.push(`${where}: it had finished`);
      return;
    default:
      return;
  }
}

/** Every run was of an attempt that the log knows, with the results of the parents that are in the log. */
function judgeRuns(lines: readonly JournalLine[], ledgers: ReadonlyMap<string, GraphLedger>, found: Findings): void {
  for (const line of lines) {
    if (line.kind !== 'run') continue;
    const graph = ledgers.get(line.graphId);
    const where = `the run of attempt ${line.attempt} of ${line.graphId}/${line.jobId}`;
    if (graph?.jobs.get(line.jobId)?.starters.get(line.attempt) !== line.workerId) {
      found.otherwise.push(`${where} by ${line.workerId} was never claimed`);
      continue;
    }
    const parents = Object.fromEntries(
      (graph.parents.get(line.jobId) ?? []).map((id) => [id, graph.jobs.get(id)?.results[0]]),
    );
    if (JSON.stringify(digestsOf(parents)) !== JSON.stringify(line.inputs)) {
      found.otherwise.push(`${where} had other inputs than its parents' results`);
    }
  }
}

/** Every job has exactly one result, and the right one. */
function judgeResults(info: GraphInfo, graph: JobGraph, ledger: GraphLedger, found: Findings): void {
  if (info.status !== 'finished') found.otherwise.push(`graph ${info.id} is ${info.status}`);
  for (const { id, args, parents } of Object.values(graph.jobs)) {
    const results = ledger.jobs.get(id)?.results ?? [];
    const where = `${info.id}/${id}`;
    if (results.length !== 1) found.otherwise.push(`${where} has ${results.length} results`);
    const shown = info.jobs[id]?.result;
    if (digestOf(shown) !== digestOf(results[0])) found.otherwise.push(`${where} shows another result than its event`);
    const inputs = Object.fromEntries(parents.map((parent) => [parent, info.jobs[parent]?.result]));
    const right = resultOf({ graphId: info.id, id, args, inputs });
    if (digestOf(shown) !== digestOf(right)) found.otherwise.push(`${where} has a wrong result`);
  }
}
