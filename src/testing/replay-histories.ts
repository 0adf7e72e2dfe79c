import { listIn } from '../prelude/grouped.js';
import { clearTimeout, setTimeout } from 'node:timers';
import type { RecordedEvent } from '../domain/events.js';
import { mentionsPlaceholder } from '../evidence/redaction-mark.js';
import { assertHandler, type Handler, type Handlers } from '../handlers/handler.js';
import { evolved, type Projection, storableState } from '../history/projections/projection.js';
import { isMemoized, type RecordedAttempt, recordedAttempts } from '../history/replay/recorded-attempt.js';
import { isFromHandler, type Replay, replayAttempt } from '../history/replay/replay.js';
import { OverseerError } from '../prelude/errors.js';
import type { Json } from '../prelude/json.js';
import type { Patch } from '../prelude/json-patch.js';
import { foldGraph } from '../store/load-graph.js';
import { completesSubmission } from '../domain/submission.js';
import { eventBatches } from '../store/read-log.js';
import type { Store } from '../store/store.js';
import { inWords } from '../prelude/duration.js';
import { Expectations } from './expectations.js';
import { type Histories, openHistories } from './history-files.js';
import { assertKnown, assertOptions, invalid } from './known.js';

export interface ReplayHistoriesOptions {
  /** The handlers as they are now. Each recorded attempt is given to the handler of its type. */
  readonly handlers?: Handlers;
  /** Types of jobs that are not replayed: their handlers would do again what they did to the world. */
  readonly skip?: readonly string[];
  /** Projections as they are now, by any name. Their state at the end of each history is compared with `expected`. */
  // Each has a state of its own kind.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly projections?: Readonly<Record<string, Projection<any>>>;
  /** The JSON file with the states that projections are expected to come to. */
  readonly expected?: string;
  /** Write `expected` anew instead of comparing with it. Look at the difference before you keep it. */
  readonly update?: boolean;
  /** How long one handler may take, in milliseconds of real time. Default 30000. */
  readonly patienceMs?: number;
}

/** Something that is no longer as it was recorded. */
export type HistoryDifference =
  | {
      readonly kind: 'attempt';
      readonly history: string;
      readonly graphId: string;
      readonly jobId: string;
      readonly attempt: number;
      /** From the recorded outcome to the one of now, as operations of RFC 6902. */
      readonly changes: Patch;
      /** What is wrong, if there is no outcome to compare. */
      readonly problem: string | null;
    }
  | {
      readonly kind: 'projection';
      readonly history: string;
      readonly projection: string;
      /** From the expected state to the one of now. */
      readonly changes: Patch;
      readonly problem: string | null;
    }
  /** A graph of which this release cannot read everything. */
  | {
      readonly kind: 'graph';
      readonly history: string;
      readonly graphId: string;
      readonly changes: Patch;
      readonly problem: string;
    };

/** What was compared, and what was not. */
export interface ReplayedHistories {
  readonly histories: number;
  readonly graphs: number;
  /** Attempts whose outcome is the same as recorded. */
  readonly attempts: number;
  /** States of projections that are the same as expected. */
  readonly projections: number;
  /** Attempts that were not replayed, and why. */
  readonly skipped: {
    /** Something other than the handler ended them: a time limit, a lost lease, an abort, a stopping worker. */
    readonly endedFromElsewhere: number;
    /** Their export holds no longer what they were given, or how they ended. */
    readonly redacted: number;
    /** Their type is in `skip`. */
    readonly asAsked: number;
    /** Jobs whose results were carried over into a fork, or remembered: no handler ran. */
    readonly notRun: number;
  };
  /** All of that in a sentence, to be printed. */
  readonly summary: string;
}

/** Handlers or projections no longer give what was recorded. */
export class HistoriesDifferError extends OverseerError {
  override readonly name = 'HistoriesDifferError';
  declare readonly code: 'histories-differ';
  constructor(readonly differences: readonly HistoryDifference[]) {
    const count = differences.length === 1 ? 'one difference' : `${differences.length} differences`;
    super('histories-differ', [`${count} from what was recorded:`, ...differences.flatMap(inLines)].join('\n'));
  }
}

/**
 * Replays recorded histories, and fails if handlers or projections no longer give what was recorded. Handlers are given
 * exactly what they were given then. Nothing is written to a log; what a handler does to the world, it does again.
 *
 *     const { summary } = await replayHistories('test/histories/*.jsonl', { handlers });
 *
 * @param histories files that `overseer export` wrote (a path, a folder, or a pattern), or stores
 * @throws HistoriesDifferError listing every difference; OverseerError `nothing-replayed` if there was nothing to compare;
 *   LogError for a file that is no export, or was changed
 */
export async function replayHistories(
  histories: Histories,
  options: ReplayHistoriesOptions,
): Promise<ReplayedHistories> {
  const replaying = new Replaying(options);
  for await (const history of openHistories(histories)) {
    try {
      await replaying.take(history.name, history.store);
    } finally {
      await history.close();
    }
  }
  return replaying.end();
}

const optionKeys = ['handlers', 'skip', 'projections', 'expected', 'update', 'patienceMs'];

class Replaying {
  private readonly counts = { histories: 0, graphs: 0, attempts: 0, projections: 0 };
  private readonly skipped = { endedFromElsewhere: 0, redacted: 0, asAsked: 0, notRun: 0 };
  private readonly differences: HistoryDifference[] = [];
  private readonly typesSeen = new Set<string>();
  private readonly expectations: Expectations | null;

  constructor(private readonly options: ReplayHistoriesOptions) {
    assertOptions(options, optionKeys, 'replayHistories');
    const { handlers, projections, expected, update = false } = options;
    if (handlers === undefined && projections === undefined)
      invalid('give replayHistories handlers, projections or both');
    if (projections !== undefined && expected === undefined) {
      invalid('projections are compared with a file; name it: { expected: FILE }');
    }
    for (const [type, handler] of Object.entries(handlers ?? {})) assertHandler(handler, `the handler of type ${type}`);
    this.expectations = projections === undefined ? null : new Expectations(expected!, update);
  }

  async take(name: string, store: Store): Promise<void> {
    this.counts.histories += 1;
    const graphs = new Map<string, RecordedEvent[]>();
    for await (const batch of eventBatches(store.log)) {
      for (const event of batch) listIn(graphs, event.graphId).push(event);
    }
    for (const [graphId, events] of graphs) {
      // What belongs to the namespace as a whole, and a submission that was never completed, is no graph.
      if (!events.some(completesSubmission)) graphs.delete(graphId);
    }
    this.counts.graphs += graphs.size;
    const isRedacted = (store.log.exported?.redacted.length ?? 0) > 0;
    if (this.options.handlers !== undefined) {
      for (const [graphId, events] of graphs) await this.replayGraph(name, graphId, events, isRedacted);
    }
    for (const [key, projection] of Object.entries(this.options.projections ?? {})) {
      await this.fold(name, store, key, projection as Projection);
    }
  }

  end(): ReplayedHistories {
    const { skip = [] } = this.options;
    for (const type of skip) assertKnown(type, [...this.typesSeen], 'the type to skip');
    for (const { history, projection } of this.expectations?.left() ?? []) {
      this.differences.push(stateDiffers(history, projection, [], 'it is expected, but was not computed'));
    }
    if (this.differences.length > 0) throw new HistoriesDifferError(this.differences);
    const { counts, skipped } = this;
    if (counts.graphs === 0 || (this.options.handlers !== undefined && counts.attempts === 0)) {
      throw nothingReplayed(this.summary());
    }
    this.expectations?.save();
    return { ...counts, skipped: { ...skipped }, summary: this.summary() };
  }

  private async replayGraph(
    history: string,
    graphId: string,
    events: readonly RecordedEvent[],
    isRedacted: boolean,
  ): Promise<void> {
    const { jobs, unreadable } = foldGraph(graphId, events);
    if (unreadable !== null) {
      const problem = `its event @${unreadable.position} cannot be read: ${unreadable.problem}`;
      this.differences.push({ kind: 'graph', history, graphId, changes: [], problem });
    }
    const carried = [...jobs.values()].filter((job) => job.carried !== null).length;
    this.skipped.notRun += carried + events.filter(isMemoized).length;
    for (const recorded of recordedAttempts(graphId, events)) {
      this.typesSeen.add(recorded.type);
      if (this.isSkipped(recorded, isRedacted)) continue;
      const difference = await this.replay(history, recorded);
      if (difference === null) this.counts.attempts += 1;
      else this.differences.push(difference);
    }
  }

  private isSkipped(recorded: RecordedAttempt, isRedacted: boolean): boolean {
    const { skip = [] } = this.options;
    const reason = skip.includes(recorded.type)
      ? 'asAsked'
      : !isFromHandler(recorded.outcome)
        ? 'endedFromElsewhere'
        : isRedacted && mentionsPlaceholder(givenAndEnded(recorded))
          ? 'redacted'
          : null;
    if (reason === null) return false;
    this.skipped[reason] += 1;
    return true;
  }

  private async replay(history: string, recorded: RecordedAttempt): Promise<HistoryDifference | null> {
    const { handlers = {}, patienceMs = 30_000 } = this.options;
    const { graphId, id: jobId, type, attempt } = recorded;
    const differs = (changes: Patch, problem: string | null) =>
      ({ kind: 'attempt', history, graphId, jobId, attempt, changes, problem }) as const;
    if (!Object.hasOwn(handlers, type)) {
      return differs(
        [],
        `there is no handler for its type ${JSON.stringify(type)}; give one, or name the type in skip`,
      );
    }
    const replay = await inTime(recorded, handlers[type]!, patienceMs);
    if (replay === null) return differs([], `its handler has not ended within ${inWords(patienceMs)}`);
    return replay.verdict === 'same' ? null : differs(replay.differences, null);
  }

  /** Always from the first event on: a state that was kept would hide what has changed in the projection. */
  private async fold(history: string, store: Store, key: string, projection: Projection): Promise<void> {
    const { types, graphId } = projection.filter;
    const isShown = (event: RecordedEvent) =>
      (types === undefined || types.some((type) => type === event.type)) &&
      (graphId === undefined || graphId === event.graphId);
    let state = projection.initial;
    for await (const batch of eventBatches(store.log)) {
      for (const event of batch) if (isShown(event)) state = evolved(projection, state, event);
    }
    const changes = this.expectations!.compare(history, key, storableState(projection, state));
    if (changes === null) {
      const problem = `no state is expected of it; write it with { update: true }`;
      this.differences.push(stateDiffers(history, key, [], problem));
    } else if (changes.length > 0) this.differences.push(stateDiffers(history, key, changes, null));
    else this.counts.projections += 1;
  }

  private summary(): string {
    const { histories, graphs, attempts, projections } = this.counts;
    const { endedFromElsewhere, redacted, asAsked, notRun } = this.skipped;
    const compared = [
      this.options.handlers === undefined ? null : plural(attempts, 'attempt'),
      this.options.projections === undefined
        ? null
        : plural(projections, 'state of projections', 'states of projections'),
    ].filter((what) => what !== null);
    const because = [
      [endedFromElsewhere, 'ended from elsewhere'],
      [redacted, 'redacted'],
      [asAsked, 'skipped as asked'],
      [notRun, 'without a run of its handler'],
    ] as const;
    const left = because.filter(([count]) => count > 0).map(([count, why]) => `${count} ${why}`);
    const where = `in ${plural(graphs, 'graph')} of ${plural(histories, 'history', 'histories')}`;
    return `as recorded: ${compared.join(' and ')}, ${where}${left.length === 0 ? '' : `; not replayed: ${left.join(', ')}`}`;
  }
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function nothingReplayed(summary: string): OverseerError {
  return new OverseerError('nothing-replayed', `nothing was replayed, so nothing was tested; ${summary}`);
}

function stateDiffers(history: string, projection: string, changes: Patch, problem: string | null): HistoryDifference {
  return { kind: 'projection', history, projection, changes, problem };
}

/** What a handler was given and how it ended, as one value. */
function givenAndEnded({ args, inputs, labels, details, outcome }: RecordedAttempt): Json {
  return { args, inputs, labels, details, outcome: outcome as unknown as Json };
}

/** The replay, or null if the handler takes too long. */
async function inTime(recorded: RecordedAttempt, handler: Handler, patienceMs: number): Promise<Replay | null> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<null>((resolve) => {
    timer = setTimeout(() => {
      stop.abort(new OverseerError('wait-timeout', `the replay takes longer than ${patienceMs} ms`));
      resolve(null);
    }, patienceMs);
  });
  try {
    return await Promise.race([replayAttempt(recorded, handler, { signal: stop.signal }), tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

function whatDiffers(difference: HistoryDifference): string {
  switch (difference.kind) {
    case 'attempt':
      return `attempt ${difference.attempt} of ${difference.graphId}/${difference.jobId}`;
    case 'projection':
      return `projection ${difference.projection}`;
    case 'graph':
      return `graph ${difference.graphId}`;
  }
}

const changesShownMax = 10;
const valueShownMax = 120;

function inLines(difference: HistoryDifference): string[] {
  const { history, changes, problem } = difference;
  const what = whatDiffers(difference);
  const lines = changes.slice(0, changesShownMax).map((change) => {
    const before = 'before' in change ? shown(change.before) : 'nothing';
    const after = 'value' in change ? shown(change.value) : 'nothing';
    return `    ${change.path === '' ? 'all of it' : change.path}: ${before} → ${after}`;
  });
  const left = changes.length - lines.length;
  const more = left > 0 ? [`    … and ${left} more`] : [];
  return [`  ${history}: ${what}${problem === null ? '' : `: ${problem}`}`, ...lines, ...more];
}

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= valueShownMax ? text : `${text.slice(0, valueShownMax - 1)}…`;
}
