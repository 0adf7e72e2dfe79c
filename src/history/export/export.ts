import type { StoredEvent } from '../../evidence/canonical-event.js';
import { ExportWriter } from '../../evidence/export-format.js';
import { readRedaction, redact, redactedPaths, type Redaction } from '../../evidence/redaction.js';
import { treeHash } from '../../log/tree-hash.js';
import { OverseerError } from '../../prelude/errors.js';
import { E } from '../../prelude/fp.js';
import { missingGraph } from '../../store/load-graph.js';
import { isOfNamespace } from '../../domain/namespace-stream.js';
import { orThrow } from '../../store/or-throw.js';
import type { Store } from '../../store/store.js';
import { storedBatches } from '../../store/read-log.js';
import { assertOptions, meantAmong, shownName } from '../../prelude/known-names.js';
import { eventDefinitions, Failure } from '../../domain/events.js';
import { visibilityOf } from '../../evidence/payload-fields.js';

export interface ExportOptions {
  /** Only the events of this graph and its jobs; all events of the namespace unless given. */
  readonly graphId?: string;
  /**
   * Values in the events' data that are not to be shown, such as `result`, `failure.message` or `jobs[].args.token`. In
   * their place stands a digest, so that everything else can still be checked.
   */
  readonly redact?: readonly string[];
  /** Called after every batch of events. */
  readonly onProgress?: (progress: ExportProgress) => void;
}

/** @internal */
export const exportOptions = { graphId: true, redact: true, onProgress: true } as const;

/** How far an export has come. */
export interface ExportProgress {
  readonly events: number;
  /** How many values were redacted, by the paths that were given. */
  readonly redacted: Readonly<Record<string, number>>;
}

/**
 * Exports a log, or one graph of it: yields the lines of a file in the format that {@link importLog} and
 * `store('FILE.jsonl')` read, each with its line break. The last of them is the tree head over the events. Events
 * appended meanwhile may or may not be among them.
 *
 * @throws RejectedError `graph-not-found`; OverseerError `redaction-invalid`
 */
export async function* exportLog(store: Store, options: ExportOptions = {}): AsyncGenerator<string> {
  assertOptions<ExportOptions>('exportLog', options, exportOptions);
  const { log } = store;
  const { graphId, onProgress } = options;
  const redactions = (options.redact ?? []).map(checkedRedaction);
  const already = log.exported;
  const header = {
    namespace: log.namespace,
    graphId: graphId ?? already?.graphId ?? null,
    redacted: [...new Set([...(already?.redacted ?? []), ...redactedPaths(redactions)])],
  };
  const writer = new ExportWriter(header, treeHash);
  const redacted = Object.fromEntries(redactions.map(({ path }) => [path, 0]));
  let events = 0;
  const lineOf = (event: StoredEvent) => `${writer.event(redactAll(event, redactions, redacted))}\n`;
  if (graphId !== undefined) {
    const [first] = await orThrow(log.readStored({ graphId, limit: 1 }));
    if (first === undefined || isOfNamespace(first)) throw await missingGraph(store, graphId);
  }
  yield `${writer.header}\n`;
  for await (const batch of storedBatches(log, graphId === undefined ? {} : { graphId })) {
    for (const event of batch) yield lineOf(event);
    events += batch.length;
    onProgress?.({ events, redacted: { ...redacted } });
  }
  yield `${writer.head()}\n`;
}

/** @internal @throws OverseerError `redaction-invalid` */
export function checkedRedaction(path: string): Redaction {
  const redaction = readRedaction(path);
  if (E.isLeft(redaction)) throw new OverseerError('redaction-invalid', redaction.left);
  const problem = unknownStep(redaction.right);
  if (problem !== null) throw new OverseerError('redaction-invalid', `${shownName(path)} ${problem}`);
  return redaction.right;
}

const redactable = [...new Set(Object.values(eventDefinitions).flatMap(({ codec }) => codec.fields))].filter(
  (field) => visibilityOf(field, null) !== 'clear',
);

/** A slip in the name of a field would leave what was to be hidden where it is. Below that, names are people's own. */
function unknownStep({ steps: [field = null, inner = null] }: Redaction): string | null {
  if (field !== null && !redactable.includes(field)) {
    return `cannot be redacted: events have no field ${shownName(field)}; ${meantAmong(field, redactable)}`;
  }
  if (field !== 'failure' || inner === null || Failure.fields.includes(inner)) return null;
  return `cannot be redacted: a failure has no field ${shownName(inner)}; ${meantAmong(inner, Failure.fields)}`;
}

/** @internal The event without the values that the paths lead to. Counts these values by path. */
export function redactAll(
  event: StoredEvent,
  redactions: readonly Redaction[],
  counts: Record<string, number> = {},
): StoredEvent {
  return redactions.reduce((before, redaction) => {
    const { event: after, count } = redact(before, redaction, treeHash);
    counts[redaction.path] = (counts[redaction.path] ?? 0) + count;
    return after;
  }, event);
}
