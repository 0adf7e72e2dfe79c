import type { Position, RecordedEvent } from '../../domain/events.js';
import { evolved, type Projection } from './projection.js';
import { type EventLog, onlyAfter } from '../../log/event-log.js';
import { comparePositions } from '../../domain/positions.js';
import { whenAborted } from '../../prelude/when-aborted.js';
import { Checkpoint, type Projected } from './checkpoint.js';
import { orThrow } from '../../store/or-throw.js';
import { type AsOf, asOfOnly } from '../../store/graph-info.js';
import type { Store } from '../../store/store.js';
import { assertName, assertOptions } from '../../prelude/known-names.js';

export type { Projected } from './checkpoint.js';

/** An event that changed the state. */
export interface ProjectionChange<State> {
  readonly state: State;
  /** The state before the event. */
  readonly before: State;
  /** Its `id` is the same each time the change is told. */
  readonly event: RecordedEvent;
}

export interface ProjectOptions<State> {
  /**
   * Acts on a change. Called for each event after which the state is another value, in log order, one at a time: the next
   * event is taken when it has resolved. If it rejects, so does `project`, and the next run begins with the same event.
   */
  readonly onChange?: (change: ProjectionChange<State>) => unknown;
  /** Whether `onChange` is told of changes by events from before the first run. Default: it is. */
  readonly from?: 'beginning' | 'now';
  /** Called with the state after every batch of events, from when the end of the log was reached first. */
  readonly onState?: (projected: Projected<State>) => void;
  /** Return at the end of the log. Without it, go on with new events. */
  readonly until?: 'caughtUp';
  /** Return after the event at hand. */
  readonly signal?: AbortSignal;
  /** Compute the state anew from the first event. `onChange` is not told again what it was told before. */
  readonly rebuild?: boolean;
}

const projectOptions = {
  onChange: true,
  from: true,
  onState: true,
  until: true,
  signal: true,
  rebuild: true,
} as const;

const readBatch = 1000;
/** Longest time between an effect and its checkpoint; later effects are repeated after a crash. */
const saveEveryMs = 1000;
/** A state that nobody acts on is saved after this many events: losing it costs only the time to compute it again. */
const saveEvery = 10_000;

/**
 * Computes a projection of the log and keeps it up to date, until the signal aborts. It begins where the last run
 * stopped: the state is saved in the store after the last event that `onChange` has handled.
 *
 * So `onChange` may drive a worker of your own: it is told of every change at least once, in log order. After a
 * crash, some changes may be told again; they have the same event `id`. Run one such process at a time.
 *
 * @returns the last state, and its position
 * @throws what `onChange` throws; OverseerError `projection-failed` or `projection-invalid`; LogError
 */
export async function project<State>(
  store: Store,
  projection: Projection<State>,
  options: ProjectOptions<State> = {},
): Promise<Projected<State>> {
  assertOptions<ProjectOptions<State>>('project', options, projectOptions);
  if (options.from !== undefined) assertName('from of project', options.from, ['beginning', 'now']);
  if (options.until !== undefined) assertName('until of project', options.until, ['caughtUp']);
  const run = await ProjectionRun.begin(store, projection, options);
  try {
    for (;;) {
      const after = run.current.position;
      const events = await orThrow(store.log.readAll({ after, filter: projection.filter, limit: readBatch }));
      const isStopped = !(await run.apply(events));
      if (isStopped) return await run.end();
      if (events.length < readBatch) break;
    }
    await run.reachEnd();
    if (options.until !== 'caughtUp') await follow(store.log, run, projection, options.signal);
    return await run.end();
  } catch (error) {
    // What was handled must not be told again, whatever happened to the rest.
    await run.end().catch(() => {});
    throw error;
  }
}

/** The state of a projection now, or as it was at a position of the log. Writes nothing. */
export async function projected<State>(
  store: Store,
  projection: Projection<State>,
  options: AsOf = {},
): Promise<Projected<State>> {
  assertOptions<AsOf>('projected', options, asOfOnly);
  const { asOf } = options;
  const kept = await new Checkpoint(store.log, projection, 'looked-at').load();
  const isUsable = kept?.state != null && (asOf === undefined || comparePositions(kept.position, asOf) <= 0);
  let state = isUsable ? kept.state.value : projection.initial;
  let position: Position | null = isUsable ? kept.position : null;
  for (;;) {
    const request = { after: position, filter: projection.filter, limit: readBatch };
    const events: readonly RecordedEvent[] = await orThrow(store.log.readAll(request));
    for (const event of events) {
      if (asOf !== undefined && comparePositions(event.position, asOf) > 0) return { state, position };
      state = evolved(projection, state, event);
      position = event.position;
    }
    if (events.length < readBatch) return { state, position };
  }
}

async function follow<State>(
  log: EventLog,
  run: ProjectionRun<State>,
  { filter }: Projection<State>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const subscription = log.subscribe({ after: run.current.position, filter });
  const close = () => subscription.close();
  const unlisten = whenAborted(signal, close);
  try {
    for await (const message of subscription) {
      if (message.kind === 'events' && !(await run.apply(onlyAfter(message.events, run.current.position)))) return;
      if (message.kind === 'caughtUp') run.passOver(message.upTo);
    }
  } finally {
    unlisten();
    close();
  }
}

/** One run of a projection: the state so far, which changes are new, and what has been saved. */
class ProjectionRun<State> {
  private sinceSave = 0;
  private savedAt: number;
  private hasReachedEnd = false;

  private constructor(
    private readonly projection: Projection<State>,
    private readonly options: ProjectOptions<State>,
    private readonly checkpoint: Checkpoint<State>,
    public current: Projected<State>,
    /** Up to there nothing is told, and nothing saved: it was told before, or must not be told. */
    private readonly quietUpTo: Position | null,
    private readonly monotonic: () => number,
  ) {
    this.savedAt = monotonic();
  }

  static async begin<State>(
    { log, environment }: Store,
    projection: Projection<State>,
    options: ProjectOptions<State>,
  ): Promise<ProjectionRun<State>> {
    const { onChange, from = 'beginning', rebuild = false } = options;
    const monotonic = () => environment.monotonic();
    const checkpoint = new Checkpoint(log, projection, onChange === undefined ? 'looked-at' : 'acted-on');
    const kept = await checkpoint.load();
    if (kept?.state != null && !rebuild) {
      const current = { state: kept.state.value, position: kept.position };
      return new ProjectionRun(projection, options, checkpoint, current, kept.position, monotonic);
    }
    checkpoint.distrust();
    const [last] =
      kept === null && from === 'now' ? await orThrow(log.readAll({ direction: 'backwards', limit: 1 })) : [];
    const quietUpTo = kept?.position ?? last?.position ?? null;
    const current = { state: projection.initial, position: null };
    return new ProjectionRun(projection, options, checkpoint, current, quietUpTo, monotonic);
  }

  /** Takes events one by one; false if the signal aborted before the last of them. */
  async apply(events: readonly RecordedEvent[]): Promise<boolean> {
    const { onChange, signal } = this.options;
    let hasTold = false;
    for (const event of events) {
      if (signal?.aborted) return false;
      const before = this.current.state;
      const state = evolved(this.projection, before, event);
      if (onChange !== undefined && state !== before && this.isNews(event.position)) {
        await onChange({ state, before, event });
        hasTold = true;
      }
      this.current = { state, position: event.position };
      this.sinceSave += 1;
      if (hasTold && this.monotonic() - this.savedAt >= saveEveryMs) await this.save(false);
    }
    if (hasTold || this.sinceSave >= saveEvery) await this.save(false);
    if (this.hasReachedEnd && events.length > 0) this.options.onState?.(this.current);
    return true;
  }

  /** The end of the log was reached. */
  async reachEnd(): Promise<void> {
    this.hasReachedEnd = true;
    const { state, position } = this.current;
    // The filter may hide the last events of the log.
    if (this.quietUpTo !== null && this.isQuiet(position)) this.current = { state, position: this.quietUpTo };
    await this.save(false);
    this.options.onState?.(this.current);
  }

  /** Up to there the log holds nothing more that the filter lets through. */
  passOver(upTo: Position | null): void {
    if (upTo !== null) this.current = { ...this.current, position: upTo };
  }

  async end(): Promise<Projected<State>> {
    await this.save(true);
    return this.current;
  }

  private async save(isLast: boolean): Promise<void> {
    // Saved earlier, a run that is cut off would make the next one tell what must not be told.
    const { position } = this.current;
    if (position !== this.quietUpTo && this.isQuiet(position)) return;
    await this.checkpoint.save(this.current, { isLast });
    this.sinceSave = 0;
    this.savedAt = this.monotonic();
  }

  private isNews(position: Position): boolean {
    return !this.isQuiet(position);
  }

  private isQuiet(position: Position | null): boolean {
    if (this.quietUpTo === null) return false;
    return position === null || comparePositions(position, this.quietUpTo) <= 0;
  }
}
