import { whyNotAccepted } from '../../evidence/acceptance.js';
import { eventLine, keptData, type StoredEvent } from '../../evidence/canonical-event.js';
import type { Position, RecordedEvent } from '../../domain/events.js';
import { memoKeyOf } from '../../domain/memoized-results.js';
import { limitKeyOf } from '../../domain/limit-places.js';
import { isOfNamespace, ofNamespace } from '../../domain/namespace-stream.js';
import { scheduleNameOf } from '../../domain/schedules.js';
import { streamKey } from '../../log/event-log.js';
import { outOfOrder } from '../../log/restore-check.js';
import { OverseerError } from '../../prelude/errors.js';
import { orThrow } from '../../store/or-throw.js';
import type { Store } from '../../store/store.js';
import { storedBatches } from '../../store/read-log.js';
import { assertOptions } from '../../prelude/known-names.js';

export interface ImportOptions {
  /** Called after every batch of events that was written. */
  readonly onProgress?: (progress: ImportProgress) => void;
}

/** How far an import has come. */
export interface ImportProgress {
  /** How many events were written. */
  readonly imported: number;
  /** How many there are to write. */
  readonly toImport: number;
}

/** The result of an import. */
export interface Import {
  /** How many events the source holds. */
  readonly events: number;
  readonly graphs: number;
  /**
   * How many of the events were written. The others were there already, or note results to remember under keys for which
   * this store notes others.
   */
  readonly imported: number;
}

/**
 * Takes all events of another store into this one, as they are: ids, revisions, times, actors and data. The other store is
 * usually an exported file, opened with `store('FILE.jsonl')`. Events that are there already are skipped, so that an import
 * can be repeated, and one that was cut off goes on. Everything is checked before anything is written.
 *
 * @throws OverseerError `import-conflict` if this store holds another graph under the same id, `import-redacted`,
 *   `import-invalid`; LogError `restore-out-of-order` if this store holds events recorded later than the imported
 *   ones
 */
export async function importLog(store: Store, source: Store, options: ImportOptions = {}): Promise<Import> {
  assertOptions<ImportOptions>('importLog', options, { onProgress: true });
  const { onProgress } = options;
  const check = new ImportCheck(store, source.address);
  let events = 0;
  let upTo: Position | null = null;
  for await (const batch of storedBatches(source.log)) {
    for (const event of batch) await check.accept(event);
    events += batch.length;
    upTo = batch.at(-1)!.position;
  }
  const { firstNew, toImport } = check;
  if (firstNew !== null) await checkTime(store, firstNew);
  let imported = 0;
  for await (const batch of storedBatches(source.log, { upTo })) {
    const missing = batch.filter((event) => check.isMissing(event));
    if (missing.length === 0) continue;
    await orThrow(store.log.restore(missing));
    imported += missing.length;
    onProgress?.({ imported, toImport });
  }
  return { events, graphs: check.graphs, imported };
}

async function checkTime(store: Store, first: StoredEvent): Promise<void> {
  const last: readonly RecordedEvent[] = await orThrow(store.log.readAll({ direction: 'backwards', limit: 1 }));
  const lastAt = Date.parse(last[0]?.recordedAt ?? '1970-01-01T00:00:00.000Z');
  if (Date.parse(first.recordedAt) < lastAt) throw outOfOrder(first, lastAt, store.address);
}

/**
 * What this store holds of a graph, or of a stream of the namespace's own, and how many of those events have been
 * compared with the source.
 */
interface Known {
  there: readonly StoredEvent[];
  readonly length: number;
  compared: number;
  /** It stays as it is, whatever the source has in its place. */
  isKept: boolean;
}

/** What is compared as a whole: a graph, or a stream that belongs to none. Those have nothing to do with each other. */
function wholeOf(event: StoredEvent): string {
  return isOfNamespace(event) ? streamKey(event) : event.graphId;
}

/** Compares the events to import with those that are there. */
class ImportCheck {
  graphs = 0;
  toImport = 0;
  firstNew: StoredEvent | null = null;
  private readonly known = new Map<string, Known>();
  private readonly lengths = new Map<string, number>();
  private readonly seen = new Map<string, number>();
  private ofNamespace: readonly StoredEvent[] | null = null;

  constructor(
    private readonly store: Store,
    private readonly source: string,
  ) {}

  async accept(event: StoredEvent): Promise<void> {
    this.checkRevision(event);
    const known = this.known.get(wholeOf(event)) ?? (await this.open(event));
    if (keptData(event.data) === null) {
      const message = `${this.source} cannot be imported, since parts of it were redacted; read it where it is, with --store ${this.source}`;
      throw new OverseerError('import-redacted', message);
    }
    const there = known.there[known.compared];
    known.compared += 1;
    if (known.compared === known.length) known.there = [];
    if (there !== undefined) return this.compare(event, there, known);
    if (known.isKept) return;
    const problem = whyNotAccepted(event);
    if (problem !== null) throw this.invalid(event, problem);
    this.firstNew ??= event;
    this.toImport += 1;
  }

  /** Whether an event must be written. Ask for each in turn, in the order in which they were accepted. */
  isMissing(event: StoredEvent): boolean {
    const whole = wholeOf(event);
    const seen = this.seen.get(whole) ?? 0;
    this.seen.set(whole, seen + 1);
    const { length, isKept } = this.known.get(whole)!;
    return seen >= length && !isKept;
  }

  private async open(event: StoredEvent): Promise<Known> {
    const there = isOfNamespace(event) ? await this.streamOfNamespace(event) : await this.stored(event.graphId);
    if (!isOfNamespace(event)) this.graphs += 1;
    const known = { there, length: there.length, compared: 0, isKept: false };
    this.known.set(wholeOf(event), known);
    return known;
  }

  private async streamOfNamespace({ jobId }: StoredEvent): Promise<readonly StoredEvent[]> {
    this.ofNamespace ??= await this.stored(ofNamespace);
    return this.ofNamespace.filter((event) => event.jobId === jobId);
  }

  private async stored(graphId: string): Promise<readonly StoredEvent[]> {
    return await orThrow(this.store.log.readStored({ graphId, limit: Number.MAX_SAFE_INTEGER }));
  }

  private compare(event: StoredEvent, there: StoredEvent, known: Known): void {
    if (eventLine(event) === eventLine(there)) return;
    // What is remembered is a cache, and this store has one of its own: nothing is wrong.
    if (memoKeyOf(event) !== null) {
      known.isKept = true;
      return;
    }
    const { graphId, jobId, revision } = event;
    const which = `event ${revision} of ${jobId === null ? 'its own' : `its job ${jobId}`}`;
    const schedule = scheduleNameOf(event);
    const oneByOne = 'import graphs one by one, each from an export of its own';
    const ofNamespace = `other events of its namespace's own stream than ${this.source} (pauses of types of job, or of all work; limits; names of schedules), from event ${revision} on; ${oneByOne}`;
    const ofSchedule = `another history of schedule ${schedule} than ${this.source}, from event ${revision} on; ${oneByOne}`;
    const key = limitKeyOf(event);
    const ofLimit = `other places under the limit ${key} than ${this.source}, from event ${revision} on; ${oneByOne}`;
    const ofGraph = `another graph ${graphId} than ${this.source}: they differ from ${which} on`;
    const ofWork = isOfNamespace(event) ? ofNamespace : ofGraph;
    const what = schedule !== null ? ofSchedule : key !== null ? ofLimit : ofWork;
    const message = `${this.store.address} holds ${what}; nothing was imported`;
    throw new OverseerError('import-conflict', message);
  }

  private checkRevision(event: StoredEvent): void {
    const key = streamKey(event);
    const expected = this.lengths.get(key) ?? 0;
    if (event.revision !== expected)
      throw this.invalid(event, `it has revision ${event.revision} in its stream, where ${expected} was expected`);
    this.lengths.set(key, expected + 1);
  }

  private invalid({ id }: StoredEvent, what: string): OverseerError {
    return new OverseerError(
      'import-invalid',
      `${this.source} cannot be imported: its event ${id}: ${what}; nothing was imported`,
    );
  }
}
