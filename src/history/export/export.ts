import type { StoredEvent } from '../../evidence/canonical-event.js';
import { ExportWriter } from '../../evidence/export-format.js';
import { readRedaction, redact, redactedPaths, type Redaction } from '../../evidence/redaction.js';
import { isOfNamespace } from '../../domain/namespace-stream.js';
import { treeHash } from '../../log/tree-hash.js';
import { OverseerError } from '../../prelude/errors.js';
import { E } from '../../prelude/fp.js';
import { graphNotFound } from '../../store/load-graph.js';
import { orThrow } from '../../store/or-throw.js';
import type { Store } from '../../store/store.js';
import { storedBatches } from '../../store/read-log.js';

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
    if (first === undefined || isOfNamespace(first)) throw graphNotFound(graphId);
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
  return redaction.right;
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
