import type { Position, RecordedEvent } from '../../domain/events.js';
import { comparePositions } from '../../domain/positions.js';
import type { EventLog } from '../../log/event-log.js';
import { leastWhere } from '../../prelude/least-where.js';
import { completesSubmission } from '../../domain/submission.js';
import { orThrow } from '../../store/or-throw.js';
import { BatchSize } from './batch-size.js';

/** Submissions that are read at once, and their bytes: one may be a quarter of a megabyte long. */
const atOnce = { first: 20, most: 500, wanted: 2 * 1024 * 1024 };
/** More than that are not remembered. */
const rememberedMax = 100_000;

/** A graph, or what cannot be read of one, and where its submission was complete. */
export interface Submission {
  readonly graphId: string;
  readonly position: Position;
}

/** Which graphs were submitted, the latest first: read back from the end of a log as far as it was asked for, and remembered. */
export class Submissions {
  /** The latest first, without a gap. */
  private known: readonly Submission[] = [];
  /** How far back it was read; null before that. */
  private readTo: Position | null = null;
  /** Whether that is the start of the log. */
  private isWhole = false;
  private reading: Promise<void> | null = null;
  private readonly size = new BatchSize(atOnce);

  /** @param end where the log ended when this began; null if it was empty. What comes after it is to be given to {@link note}. */
  constructor(
    private readonly log: EventLog,
    private readonly end: Position | null,
  ) {
    if (end === null) this.isWhole = true;
  }

  /** Takes events that are new in the log, in its order. */
  note(events: readonly RecordedEvent[]): void {
    const submitted = events.filter(isSubmission).map(toSubmission);
    if (submitted.length > 0) this.known = [...submitted.reverse(), ...this.known];
  }

  /** Those before a position, or all; the latest first. */
  async *before(position: Position | null): AsyncGenerator<Submission> {
    let at = position;
    for (;;) {
      const next = this.nextKnown(at);
      if (next !== undefined) {
        yield next;
        at = next.position;
      } else if (this.isWhole) return;
      else if (this.known.length >= rememberedMax || this.isBehind(at)) break;
      else await (this.reading ??= this.readBack().finally(() => (this.reading = null)));
    }
    for (let isLast = false; !isLast;) {
      const read = await this.read(at);
      yield* read.events.filter(isSubmission).map(toSubmission);
      ({ isLast } = read);
      at = read.events.at(-1)?.position ?? at;
    }
  }

  private nextKnown(before: Position | null): Submission | undefined {
    const isBefore = (index: number) => before === null || comparePositions(this.known[index]!.position, before) < 0;
    return this.known[leastWhere(0, this.known.length, isBefore)];
  }

  /** Whether a position lies further back than was read. */
  private isBehind(position: Position | null): boolean {
    return position !== null && comparePositions(position, this.readTo ?? this.end!) < 0;
  }

  private async readBack(): Promise<void> {
    const { events, isLast } = await this.read(this.readTo);
    const { end } = this;
    const earlier = events.filter((event) => isSubmission(event) && comparePositions(event.position, end!) <= 0);
    this.known = [...this.known, ...earlier.map(toSubmission)];
    this.readTo = events.at(-1)?.position ?? this.readTo;
    this.isWhole = isLast;
  }

  private async read(before: Position | null) {
    const filter = { types: ['GraphSubmitted'] };
    const { limit } = this.size;
    const events = await orThrow(this.log.readAll({ after: before, direction: 'backwards', filter, limit }));
    this.size.note(
      events.length,
      events.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    return { events, isLast: events.length < limit };
  }
}

/** One that cannot be read may complete a submission. */
function isSubmission(event: RecordedEvent): boolean {
  return event.type === 'Unreadable' ? event.data.storedType === 'GraphSubmitted' : completesSubmission(event);
}

function toSubmission({ graphId, position }: RecordedEvent): Submission {
  return { graphId, position };
}
