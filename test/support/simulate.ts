/**
 * Makes histories as real workers and operators would: random graphs, then random commands, each decided by the rules on
 * the current state. What the rules allow is recorded. Some workers act on a view in which their graph's
 * abort has not arrived yet, as happens with streams that know nothing of each other.
 */
import fc from 'fast-check';
import { canonicalData, type StoredEvent } from '../../src/evidence/canonical-event.js';
import type { AnswerOutcome, DomainEvent, JobDefinition, JobEvent, RecordedEvent } from '../../src/domain/events.js';
import { dependencyRules, type DependencyRule } from '../../src/domain/dependency-rules.js';
import { decideGraph, type GraphCommand } from '../../src/domain/graph-decisions.js';
import { GraphState, type JobNode } from '../../src/domain/graph.js';
import type { Spawned } from '../../src/domain/events.js';
import { decideJob, type JobCommand, type JobSubject } from '../../src/domain/job-decisions.js';
import { carried, Recorder, worker } from './given.js';

/** An event as a log stores it. All are of one time: they may be recorded in another order than they were made. */
export const storedOf = ({ bytes: _, data, ...event }: RecordedEvent): StoredEvent => ({
  ...event,
  recordedAt: '2026-01-01T00:00:00.000Z',
  data: canonicalData(JSON.stringify(data)),
});

export interface GraphShape {
  /** For each job, which of the jobs before it are its parents. */
  readonly parents: readonly (readonly number[])[];
  readonly parts: number;
  /** Jobs whose results a fork has carried over, as far as those of their parents are. */
  readonly carried: readonly number[];
  /** For each job, what it asks of its parents, and whether one of them may be skipped; none for the usual rule. */
  readonly rules: readonly RuleShape[];
  /** Jobs that wait for all that is spawned below their first parent. */
  readonly awaiting: readonly number[];
  /** Jobs that are answered from outside. */
  readonly external: readonly number[];
  /** Jobs that have little time. */
  readonly timed: readonly number[];
}

interface RuleShape {
  readonly when: DependencyRule;
  readonly hasOptional: boolean;
}

const ruleShapes: fc.Arbitrary<readonly RuleShape[]> = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  {
    weight: 2,
    arbitrary: fc.array(fc.record({ when: fc.constantFrom(...dependencyRules), hasOptional: fc.boolean() }), {
      minLength: 12,
      maxLength: 12,
    }),
  },
);

export const graphShape: fc.Arbitrary<GraphShape> = fc
  .array(fc.array(fc.nat({ max: 11 }), { maxLength: 4 }), { minLength: 1, maxLength: 12 })
  .chain((choices) =>
    fc.record({
      parents: fc.constant(
        choices.map((choice, index) => [
          ...new Set(choice.filter(() => index > 0).map((at) => at % Math.max(index, 1))),
        ]),
      ),
      parts: fc.integer({ min: 1, max: 3 }),
      carried: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.uniqueArray(fc.nat({ max: 11 }), { maxLength: 12, size: 'max' }) },
      ),
      rules: ruleShapes,
      awaiting: fc.uniqueArray(fc.nat({ max: 11 }), { maxLength: 6 }),
      external: fc.oneof(
        { weight: 1, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.uniqueArray(fc.nat({ max: 11 }), { maxLength: 6 }) },
      ),
      timed: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.uniqueArray(fc.nat({ max: 11 }), { maxLength: 8 }) },
      ),
    }),
  );

export interface Step {
  readonly graph: number;
  readonly job: number;
  readonly action: number;
}

export const steps = (maxLength = 120): fc.Arbitrary<readonly Step[]> =>
  fc.array(fc.record({ graph: fc.nat({ max: 7 }), job: fc.nat({ max: 30 }), action: fc.nat({ max: 99 }) }), {
    maxLength,
    size: 'max',
  });

export const jobId = (index: number) => `job ${index}`;

/** Runs the steps over graphs of the given shapes and returns what was recorded. */
export function simulate(shapes: readonly GraphShape[], taken: readonly Step[]): readonly RecordedEvent[] {
  const recorder = new Recorder();
  const events: RecordedEvent[] = [];
  const graphs = shapes.map((_, index) => new GraphState(`graph ${index}`));
  const record = (graph: GraphState, job: string | null, event: DomainEvent) => {
    const recorded = recorder.record({ graphId: graph.id, jobId: job }, event);
    events.push(recorded);
    graph.apply(recorded);
  };
  shapes.forEach((shape, index) => {
    for (const event of submissionOf(shape)) record(graphs[index]!, null, event);
  });
  for (const step of taken) {
    const graph = graphs[step.graph % graphs.length]!;
    const job = pick(graph, step.job);
    const act = actionOf(step.action, job);
    if ('graph' in act) {
      const decision = decideGraph(graph, act.graph);
      if (decision._tag === 'Right') for (const event of decision.right) record(graph, null, event);
    } else {
      // A claim, or an answer, that was under way when its graph was paused is recorded after the pause.
      // Two milliseconds are enough for a limit of one.
      if (act.job.kind === 'expire' && act.job.expiry.at > Date.parse(events.at(-1)!.recordedAt) + 1) continue;
      const isUnderWay = (act.job.kind === 'start' || act.job.kind === 'answer') && step.job % 4 === 0;
      const seen = act.isUnaware === true ? unawareOfGraphAbort(job) : job.subject();
      // Or after the reset of a parent that it has been ready by.
      const waitsFor = job.record.above.wasReady ? [] : seen.waitsFor;
      const subject = isUnderWay ? { ...seen, isPaused: false, waitsFor } : seen;
      const decision = decideJob(subject, act.job);
      if (decision._tag === 'Right') for (const event of decision.right) record(graph, job.id, event);
    }
  }
  return events;
}

/** Mostly a job that a command can change, so that histories make progress; sometimes any. */
function pick(graph: GraphState, choice: number): JobNode {
  const jobs = [...graph.jobs.values()];
  const lively = jobs.filter(
    (job) => job.isReady || job.isAwaiting || job.status === 'started' || job.state.interrupted,
  );
  const among = choice % 5 === 0 || lively.length === 0 ? jobs : lively;
  return among[choice % among.length]!;
}

function submissionOf(shape: GraphShape): readonly DomainEvent[] {
  const { parents, parts } = shape;
  const isCarried: boolean[] = [];
  const jobs = parents.map((above, index): JobDefinition => {
    // Parents come before their children.
    isCarried.push(shape.carried.includes(index) && above.every((parent) => isCarried[parent]));
    const job = {
      ...{ id: jobId(index), type: `type ${index % 3}`, parents: above.map(jobId), ...askedOf(shape, index) },
      ...(shape.awaiting.includes(index) && above.length > 0 ? { withSpawned: [jobId(above[0]!)] } : {}),
    };
    if (isCarried[index] !== true) return job;
    const hasSkipped = 'when' in job && index % 2 === 0;
    return {
      ...job,
      carried: { ...carried(index), ...('external' in job ? { attempt: 0 } : {}) },
      ...(hasSkipped ? ({ carried: carried(null), carriedStatus: 'skipped' } as const) : {}),
    };
  });
  const size = Math.ceil(jobs.length / parts);
  const chunks = Array.from({ length: Math.ceil(jobs.length / size) }, (_, index) =>
    jobs.slice(index * size, (index + 1) * size),
  );
  return chunks.map((chunk, index) => ({
    type: 'GraphSubmitted',
    data: { part: index + 1, parts: chunks.length, jobs: chunk, args: {}, labels: {}, priority: 0 },
  }));
}

function askedOf(shape: GraphShape, index: number): Partial<JobDefinition> {
  const isExternal = shape.external.includes(index);
  return {
    ...ruleOf(shape, index),
    ...(isExternal ? { external: {} } : {}),
    ...(shape.timed.includes(index) ? timesOf(index, isExternal) : {}),
  };
}

/** An answer may only be late. */
function timesOf(index: number, isExternal: boolean): Partial<JobDefinition> {
  const closes = { scheduleToCloseMs: 1 + (index % 3) };
  return isExternal || index % 2 === 0 ? closes : { delayMs: 1, scheduleToStartMs: 1 + (index % 4), ...closes };
}

function ruleOf({ rules, parents }: GraphShape, index: number): Pick<JobDefinition, 'when' | 'optional'> {
  const [rule, first] = [rules[index], parents[index]![0]];
  if (rule === undefined || first === undefined) return {};
  return {
    ...(rule.when === 'all-finished' ? {} : { when: rule.when }),
    ...(rule.hasOptional ? { optional: [jobId(first)] } : {}),
  };
}

/** The job as seen by an owner that has not heard of the graph's abort yet. */
function unawareOfGraphAbort(job: JobNode): JobSubject {
  const subject = job.subject();
  if (!job.state.interrupted) return subject;
  return { ...subject, status: 'started', state: { ...subject.state, status: 'started' } };
}

type Act = { readonly graph: GraphCommand } | { readonly job: JobCommand; readonly isUnaware?: boolean };

const failure = { reason: 'system/exception', exception: 'Error', message: 'boom' };

/** Up to three jobs below a job, none below those that are deep already; the last waits for the others in its own way. */
function spawnedBy({ id, definition, state: { revision } }: JobNode, choice: number): Spawned {
  const prefix = `s${revision}-`;
  const count = id.split('/').length > 2 ? 0 : choice % 4;
  const jobs = Array.from({ length: count }, (_, index): JobDefinition => {
    const name = `${id}/${prefix}${index}`;
    const asked = choice % 5 === 0 ? { external: {} } : {};
    if (index === 0) return { id: name, type: definition.type, parents: [id], ...asked };
    const when = dependencyRules[choice % dependencyRules.length]!;
    return {
      ...{ id: name, type: definition.type, parents: [`${id}/${prefix}0`] },
      ...(when === 'all-finished' ? {} : { when }),
      ...(choice % 2 === 0 ? { withSpawned: [`${id}/${prefix}0`] } : {}),
    };
  });
  return { jobs, args: {} };
}
const answer = (outcome: AnswerOutcome): Act => ({ job: { kind: 'answer', by: 'op', reason: '', outcome } });

/** Mostly what workers do, sometimes what operators do. */
function actionOf(choice: number, job: JobNode): Act {
  const { attempt } = job.state;
  const fault = (cause: 'fault' | 'exception' | 'timeout' | 'lease-expired' | 'released'): Act => ({
    job: { kind: 'fault', attempt, cause, failure, errorNames: [], now: 0, random: 0.5 },
    isUnaware: true,
  });
  const isExternal = job.definition.external !== undefined;
  const { expiry } = job;
  if (expiry !== null && choice >= 30 && choice < 48) {
    return { job: { kind: 'expire', expiry, ...(job.status === 'started' ? { attempt } : {}) } };
  }
  if (isExternal && choice < 40) return answer({ kind: 'finished', result: choice });
  if (isExternal && choice < 60) return answer({ kind: 'failed', failure });
  if (choice < 35 || (job.isReady && choice < 70)) {
    return { job: { kind: 'start', worker: worker(`w${choice % 3}`), leaseMs: 1000, hasWaited: true } };
  }
  if (choice < 42) return { job: { kind: 'heartbeat', attempt, details: choice }, isUnaware: true };
  if (choice < 44) return { job: { kind: 'spawn', attempt, spawned: spawnedBy(job, choice) }, isUnaware: true };
  if (choice < 52) {
    return { job: { kind: 'finish', attempt, result: choice, spawned: spawnedBy(job, choice) }, isUnaware: true };
  }
  if (choice < 62) return { job: { kind: 'finish', attempt, result: choice }, isUnaware: true };
  if (choice < 66) return { job: { kind: 'skip', attempt, reason: 'nothing new' }, isUnaware: true };
  if (choice < 70) return fault('exception');
  if (choice < 74) return fault('fault');
  if (choice < 77) return fault('lease-expired');
  if (choice < 79) return fault('released');
  if (choice < 80) return { job: { kind: 'defer', attempt, reason: 'too early', delayMs: 1000 }, isUnaware: true };
  if (choice < 81) return { job: { kind: 'finish', attempt: attempt + 1, result: null } };
  if (choice < 82) return { job: { kind: 'abort', by: 'op', message: '', silent: true } };
  if (choice < 84) return { job: { kind: 'abort', by: 'w0', message: '', silent: false, attempt } };
  if (choice < 91) return { job: { kind: 'reset', by: 'op', reason: '' } };
  if (choice < 92) return answer({ kind: 'finished', result: choice });
  if (choice < 93) return { graph: { kind: 'pause', by: 'op', reason: '' } };
  if (choice < 96) return { graph: { kind: 'resume', by: 'op', reason: '' } };
  if (choice < 97) return { graph: { kind: 'abort', by: 'op', reason: '' } };
  return { graph: { kind: 'reset', by: 'op', reason: '' } };
}

/** Anything at all in any stream, as a bug or a foreign writer might leave it. */
export const foreignEvent: fc.Arbitrary<{ readonly job: number | null; readonly event: DomainEvent }> = fc
  .record({ job: fc.option(fc.nat({ max: 14 })), kind: fc.nat({ max: 17 }), attempt: fc.integer({ min: 1, max: 4 }) })
  .map(({ job, kind, attempt }) => ({ job, event: foreign(kind, attempt) }));

/** One that may be there already, and one that depends on what it is no business of its. */
function foreignJobs(attempt: number): readonly JobDefinition[] {
  const [one, other] = [`job ${attempt}`, `job ${attempt}/x`];
  return [
    { id: one, type: 'type 0', parents: [] },
    { id: other, type: 'type 0', parents: ['job 0', other], withSpawned: ['job 0', other] },
  ];
}

function foreign(kind: number, attempt: number): DomainEvent {
  const jobEvents: readonly JobEvent[] = [
    { type: 'JobStarted', data: { attempt, worker: worker('x'), leaseMs: 1 } },
    { type: 'Heartbeat', data: { attempt } },
    { type: 'JobFinished', data: { attempt, result: null } },
    { type: 'JobFaulted', data: { attempt, cause: 'fault', failure, next: { kind: 'failed' } } },
    { type: 'JobAborted', data: { by: 'x', message: '', silent: true } },
    { type: 'JobReset', data: { by: 'x', reason: '' } },
    { type: 'JobSkipped', data: { attempt, reason: '' } },
    { type: 'JobsSpawned', data: { attempt, jobs: foreignJobs(attempt), args: {} } },
    { type: 'JobDeferred', data: { attempt, reason: '', delayMs: attempt } },
    { type: 'JobAnswered', data: { by: 'x', reason: '', result: attempt } },
    { type: 'JobExpired', data: { limit: 'scheduleToClose', failure, ...(attempt > 2 ? { attempt } : {}) } },
  ];
  const graphEvents: readonly DomainEvent[] = [
    { type: 'GraphAborted', data: { by: 'x', reason: '' } },
    { type: 'GraphAborted', data: { by: 'x', reason: '', deadline: '2026-01-01T00:00:00.000Z' } },
    { type: 'GraphReset', data: { by: 'x', reason: '' } },
    { type: 'GraphPaused', data: { by: 'x', reason: '' } },
    { type: 'GraphResumed', data: { by: 'x', reason: '' } },
    { type: 'WorkPaused', data: { jobType: 'x', by: 'x', reason: '' } },
    { type: 'GraphSubmitted', data: { part: attempt, parts: 4, jobs: [], args: {}, labels: {}, priority: 0 } },
  ];
  return [...jobEvents, ...graphEvents][kind]!;
}

/** Histories of up to three graphs. */
export const histories: fc.Arbitrary<readonly RecordedEvent[]> = fc
  .record({ shapes: fc.array(graphShape, { minLength: 1, maxLength: 3 }), taken: steps() })
  .map(({ shapes, taken }) => simulate(shapes, taken));

/** The state that an event belongs to, created for the first event of a graph. */
export function graphOf({ graphId }: RecordedEvent, graphs: Map<string, GraphState>): GraphState {
  const graph = graphs.get(graphId) ?? new GraphState(graphId);
  graphs.set(graphId, graph);
  return graph;
}

export function foldAll(events: Iterable<RecordedEvent>): Map<string, GraphState> {
  const graphs = new Map<string, GraphState>();
  for (const event of events) {
    graphOf(event, graphs).apply(event);
  }
  return graphs;
}
