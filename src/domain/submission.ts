import { defined } from '../prelude/defined.js';
import { canonicalJson, inKeyOrder, type JsonObject, jsonBytes } from '../prelude/json.js';
import type { EventEnvelope, EventOf, JobDefinition, NewEvent, RecordedEvent } from './events.js';
import type { Job, JobGraph } from './job-graph.js';
import { limits } from './limits.js';

type Part = EventOf<'GraphSubmitted'>;
/** A part as the log holds it. */
type StoredPart = Part & Pick<EventEnvelope, 'id'>;

/** A graph as it is submitted. */
export interface GraphSubmission {
  readonly graphId: string;
  readonly parts: readonly Part[];
  /** Equal for graphs of equal content, however many parts they come in. */
  readonly text: string;
}

/** What is not content of a submission's events. */
export interface SubmissionContext {
  readonly actor: string;
  /** Makes a UUID from a name, the same one each time: so a submission that is sent again is recognised by its ids. */
  readonly idOf: (name: string) => string;
}

export type SubmissionDecision =
  /** This very graph is stored as a whole. */
  | { readonly kind: 'stored' }
  /** A graph of other content is stored under the id. */
  | { readonly kind: 'conflict' }
  /** The parts that are missing. Each is one append to the graph's stream. */
  | { readonly kind: 'append'; readonly parts: readonly PartToAppend[] };

interface PartToAppend {
  readonly expectedRevision: number;
  readonly event: NewEvent;
}

/** Whether this event completes a graph's submission, which may come in parts. */
export function completesSubmission(event: RecordedEvent): boolean {
  return event.type === 'GraphSubmitted' && event.data.part === event.data.parts;
}

export function submissionOf(graph: JobGraph): GraphSubmission {
  const parts = partsOf(graph);
  return { graphId: graph.id, parts, text: textOf(parts) };
}

/**
 * Decides what a submission appends.
 *
 * @param stored the parts that are in the graph's stream, in order
 */
export function decideSubmission(
  submission: GraphSubmission,
  stored: readonly StoredPart[],
  context: SubmissionContext,
): SubmissionDecision {
  const isWhole = stored.length > 0 && stored.length === stored[0]!.data.parts;
  if (isWhole) return { kind: textOf(stored) === submission.text ? 'stored' : 'conflict' };
  if (!isBeginningOf(submission.parts, stored)) return { kind: 'conflict' };
  return { kind: 'append', parts: missingParts(submission, stored, context) };
}

/**
 * The id of the first part follows from the whole content. Those of the others follow from the first one's, which is also
 * their cause: so the content is looked at once, and whoever completes a submission, of whatever release, refers to an
 * event that is there.
 */
function missingParts(
  { graphId, parts, text }: GraphSubmission,
  stored: readonly StoredPart[],
  { actor, idOf }: SubmissionContext,
): readonly PartToAppend[] {
  const first = stored[0]?.id ?? idOf(`${graphId}\n0\n${text}`);
  return parts.slice(stored.length).map((event, index) => {
    const revision = stored.length + index;
    const [id, causationId] = revision === 0 ? [first, null] : [idOf(`${graphId}\n${revision}\n${first}`), first];
    return { expectedRevision: revision - 1, event: { id, event, causationId, actor } };
  });
}

function isBeginningOf(parts: readonly Part[], stored: readonly Part[]): boolean {
  return stored.every((part, index) => {
    const ours = parts[index];
    return ours !== undefined && ours.data.parts === part.data.parts && textOf([part]) === textOf([ours]);
  });
}

/** The events that submit a graph, in parts of bounded size. The args most jobs share are written once. */
export function partsOf(graph: JobGraph): readonly Part[] {
  const jobs = Object.values(graph.jobs);
  const shared = jobs[0]!.args;
  const parts = definitionsInParts(jobs, shared);
  return parts.map((jobs, index) => ({
    type: 'GraphSubmitted',
    data: {
      part: index + 1,
      parts: parts.length,
      jobs,
      args: index === 0 ? shared : {},
      labels: index === 0 ? graph.labels : {},
      priority: index === 0 ? graph.priority : 0,
      ...(index === 0 ? aboutGraph(graph) : {}),
    },
  }));
}

/** What few graphs say. */
function aboutGraph({ forkedFrom, startAfter, deadline, deadlineMs }: JobGraph) {
  return defined({ forkedFrom, startAfter, deadline, deadlineMs });
}

/** Definitions of jobs in parts of bounded size. Those whose args are the shared ones have none of their own. */
export function definitionsInParts(jobs: readonly Job[], shared: JsonObject): readonly (readonly JobDefinition[])[] {
  const sharedText = canonicalJson(shared);
  const parts: JobDefinition[][] = [[]];
  let bytes = sharedText.length;
  for (const job of jobs) {
    const isShared = job.args === shared || canonicalJson(job.args) === sharedText;
    const definition = definitionOf(job, isShared ? undefined : job.args);
    const size = jsonBytes(definition) + 1;
    if (bytes + size > limits.submissionPartBytes && parts.at(-1)!.length > 0) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(definition);
    bytes += size;
  }
  return parts;
}

/** A job as its submission states it, with its own args or without. */
export function definitionOf(job: Job, args: JsonObject | undefined): JobDefinition {
  const { id, type, parents, when, optional, withSpawned, spawnedBy, retry, ...rest } = job;
  const { timeoutMs, maximumLostLeases, memoize, external, priority, carried, carriedStatus } = rest;
  const { limits, startAfter, delayMs, scheduleToStartMs, scheduleToCloseMs } = rest;
  return defined({
    id,
    type,
    parents,
    when,
    optional,
    withSpawned,
    spawnedBy,
    args,
    retry,
    timeoutMs,
    maximumLostLeases,
    memoize,
    external,
    limits,
    priority,
    startAfter,
    delayMs,
    scheduleToStartMs,
    scheduleToCloseMs,
    carried,
    carriedStatus,
  });
}

/**
 * A submitted graph as one value whose text is equal for equal graphs, however many parts it came in. Of a fork it counts
 * which graph it was made from and what was carried over, not at which position that was looked at.
 */
function textOf(parts: readonly Part[]): string {
  const [first] = parts;
  if (first === undefined) return '';
  const { labels, priority, forkedFrom, startAfter, deadline, deadlineMs } = first.data;
  const shared = inKeyOrder(first.data.args);
  const jobs = new Map<string, JobDefinition>();
  for (const part of parts) for (const job of part.data.jobs) jobs.set(job.id, job);
  const ids = [...jobs.keys()].sort();
  // The keys are in the order of canonical JSON already: of many jobs, nothing is copied to bring them into order.
  return JSON.stringify({
    deadline,
    deadlineMs,
    forkedFrom: forkedFrom?.graphId,
    jobs: Object.fromEntries(ids.map((id) => [id, contentOf(jobs.get(id)!, shared)])),
    labels: inKeyOrder(labels),
    priority,
    startAfter,
  });
}

/** A job's content, its keys in order. Those that are undefined have no text. */
function contentOf(job: JobDefinition, shared: JsonObject): object {
  const {
    args,
    carried,
    carriedStatus,
    delayMs,
    external,
    id,
    limits,
    maximumLostLeases,
    memoize,
    optional,
    parents,
    priority,
    retry,
    scheduleToCloseMs,
    scheduleToStartMs,
    spawnedBy,
    startAfter,
    timeoutMs,
    type,
    when,
    withSpawned,
  } = job;
  return {
    args: args === undefined ? shared : inKeyOrder(args),
    carried: carried && inKeyOrder(carried),
    carriedStatus,
    delayMs,
    external: external && inKeyOrder(external),
    id,
    limits: limits?.map(inKeyOrder),
    maximumLostLeases,
    memoize: memoize && inKeyOrder(memoize),
    optional: optional && [...optional].sort(),
    parents: parents.length > 1 ? [...parents].sort() : parents,
    priority,
    retry: retry && inKeyOrder(retry),
    scheduleToCloseMs,
    scheduleToStartMs,
    spawnedBy,
    startAfter,
    timeoutMs,
    type,
    when,
    withSpawned: withSpawned && [...withSpawned].sort(),
  };
}
