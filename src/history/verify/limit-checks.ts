import type { EventOf, Position, RecordedEvent } from '../../domain/events.js';
import { type Place, placeId, Places } from '../../domain/limit-places.js';
import {
  isFor,
  isSameMeasure,
  type LimitMeasure,
  type LimitSetting,
  settingFor,
  settingIn,
} from '../../domain/limit-settings.js';
import { comparePositions } from '../../domain/positions.js';
import { keptData, type StoredEvent } from '../../evidence/canonical-event.js';
import { type EventLog, LogError } from '../../log/event-log.js';
import { E } from '../../prelude/fp.js';
import { readWorkEvents } from '../../store/load-work.js';
import { standingOf } from '../../store/place-standing.js';

type SettingEvent = RecordedEvent & EventOf<'LimitSet' | 'LimitRemoved'>;

/**
 * Checks the streams of limits: that a place was judged by limits that somebody had set, that nobody started a job whose place was
 * void, and that no place was given back before its attempt was over. A place that is void has no effect, and is no problem.
 */
export class LimitChecks {
  /** By key. Null for one that cannot be judged any more, since part of it is redacted or lost. */
  private readonly places = new Map<string, Places | null>();
  private settings: readonly SettingEvent[] | null = null;

  constructor(private readonly log: EventLog) {}

  /** What is wrong with an event of a limit's stream, given in log order. @param stored the same event, as it is stored */
  async check(key: string, event: RecordedEvent, stored: StoredEvent): Promise<readonly string[]> {
    const places = this.places.has(key) ? this.places.get(key)! : await this.placesBefore(key, event);
    this.places.set(key, places);
    if (places === null) return [];
    if (keptData(stored.data) === null) {
      this.places.set(key, null);
      return [];
    }
    const isOurs = event.type === 'PlaceTaken' || event.type === 'PlaceGivenBack';
    const before = event.type === 'PlaceGivenBack' ? places.find(event.data) : undefined;
    const why = places.apply(event);
    if (!isOurs) return [why ?? `${event.type} does not belong in this stream`];
    try {
      if (event.type === 'PlaceTaken') return await this.whyNotTaken(key, event, why);
      return before === undefined ? [] : await this.whyNotOver(key, event, before);
    } catch (error) {
      if (error instanceof LogError && error.code === 'store-history-missing') return [];
      throw error;
    }
  }

  private async whyNotTaken(
    key: string,
    event: RecordedEvent & EventOf<'PlaceTaken'>,
    whyVoid: string | null,
  ): Promise<readonly string[]> {
    const { position, data } = event;
    const judgedBy = await this.judgedBy(key, data, position);
    const found = judgedBy === null ? ['it was judged by limits that nobody had set for the key'] : [];
    if (whyVoid !== null && (await this.startedAllTheSame(key, event))) {
      found.push(`its place is void, since ${whyVoid}; and the job was started all the same`);
    }
    return found;
  }

  /** Whether whoever took a void place started the job on it. */
  private async startedAllTheSame(key: string, event: RecordedEvent & EventOf<'PlaceTaken'>): Promise<boolean> {
    if (!(await this.startedUnderLimit(key, event, event.data))) return false;
    // It may have had a place before, or have got one later.
    const own = (await this.read(event, 0)).filter(
      (each) => each.type === 'PlaceTaken' && placeId(each.data) === placeId(event.data),
    );
    return own.length === 1;
  }

  private async whyNotOver(
    key: string,
    event: RecordedEvent & EventOf<'PlaceGivenBack'>,
    { revision, measure }: Place,
  ): Promise<readonly string[]> {
    const { data, position } = event;
    const standing = await standingOf(this.log, data, position);
    if (standing === 'is-over') return [];
    const { attempt, jobId, graphId } = data;
    if (standing === 'may-come') {
      // Who has taken it may give it back, and not start the job then: there was no place under another of its keys.
      const [taken] = await this.read(event, revision, revision);
      if (taken?.actor === event.actor && !(await this.startedAfter(key, event, measure))) return [];
    }
    const how = standing === 'runs' ? 'runs' : 'may still begin';
    return [`it gives a place back, and attempt ${attempt} of job ${JSON.stringify(jobId)} of graph ${graphId} ${how}`];
  }

  /** Whether whoever has given a place back started the job on it. */
  private async startedAfter(
    key: string,
    event: RecordedEvent & EventOf<'PlaceGivenBack'>,
    measure: LimitMeasure,
  ): Promise<boolean> {
    if (!(await this.startedUnderLimit(key, event, measure))) return false;
    const later = await this.read(event, event.revision + 1);
    return !later.some((each) => each.type === 'PlaceTaken' && placeId(each.data) === placeId(event.data));
  }

  /** Whether whoever wrote an event of a place started its job, while there was a limit for the key all along. */
  private async startedUnderLimit(
    key: string,
    event: RecordedEvent & EventOf<'PlaceTaken' | 'PlaceGivenBack'>,
    measure: LimitMeasure,
  ): Promise<boolean> {
    const { graphId, jobId, attempt, after } = event.data;
    const [start] = await this.read({ graphId, jobId }, after + 1, after + 1);
    if (start?.type !== 'JobStarted' || start.data.attempt !== attempt || start.actor !== event.actor) return false;
    const since = (await this.judgedBy(key, measure, event.position)) ?? event.position;
    return !(await this.wasUnlimited(key, since, start.position));
  }

  /** Where the limits were set that a place was judged by, the last time before a position; null if nobody had. */
  private async judgedBy(key: string, measure: LimitMeasure, before: Position): Promise<Position | null> {
    const isIt = (set: SettingEvent) =>
      set.type === 'LimitSet' &&
      comparePositions(set.position, before) < 0 &&
      isFor(set.data.key, key) &&
      isSameMeasure(set.data, measure);
    return (await this.allSettings()).findLast(isIt)?.position ?? null;
  }

  /** Whether there was a moment between two positions at which nothing was set for a key: then a job needed no place. */
  private async wasUnlimited(key: string, since: Position, until: Position): Promise<boolean> {
    const settings = new Map<string, LimitSetting>();
    for (const event of await this.allSettings()) {
      if (comparePositions(event.position, until) > 0) return false;
      if (event.type === 'LimitSet') settings.set(event.data.key, settingIn(event.data, event.recordedAt));
      else settings.delete(event.data.key);
      if (comparePositions(event.position, since) >= 0 && settingFor(settings, key) === null) return true;
    }
    return false;
  }

  private async allSettings(): Promise<readonly SettingEvent[]> {
    this.settings ??= (await readWorkEvents(this.log)).filter(isSetting);
    return this.settings;
  }

  private async read(stream: Pick<RecordedEvent, 'graphId' | 'jobId'>, from: number, to?: number) {
    const range = to === undefined ? { from } : { from, to };
    const read = await this.log.readStream(stream, range)();
    if (E.isRight(read)) return read.right;
    throw read.left;
  }

  private async placesBefore(key: string, event: RecordedEvent): Promise<Places | null> {
    const places = new Places(key);
    if (event.revision === 0) return places;
    const read = await this.log.readStream(event, { from: 0, to: event.revision - 1 })();
    if (E.isLeft(read) && read.left.code !== 'store-history-missing') throw read.left;
    if (E.isLeft(read)) return null;
    for (const past of read.right) places.apply(past);
    return places;
  }
}

function isSetting(event: RecordedEvent): event is SettingEvent {
  return event.type === 'LimitSet' || event.type === 'LimitRemoved';
}
