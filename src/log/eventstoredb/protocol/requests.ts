import type { Position } from '../../../domain/events.js';
import { Empty, ReadReq, StreamIdentifier } from './wire.js';

export type Direction = 'forwards' | 'backwards';

/** How many events the server filters at a time. */
const searchWindow = 2000;
/** After how many windows without a match a subscription reports its position. */
const windowsPerCheckpoint = 5;

export interface StreamRead {
  readonly direction?: Direction;
  /** The first revision; the stream's start (backwards: its end) unless given. */
  readonly from?: number;
  readonly limit?: number;
}

export function readStreamRequest(stream: string, { direction, from, limit }: StreamRead = {}): ReadReq {
  const options = newOptions(direction)
    .setCount(String(limit ?? Number.MAX_SAFE_INTEGER))
    .setNoFilter(new Empty());
  const where = new ReadReq.Options.StreamOptions().setStreamIdentifier(
    new StreamIdentifier().setStreamName(Buffer.from(stream)),
  );
  if (from !== undefined) where.setRevision(String(from));
  else if (direction === 'backwards') where.setEnd(new Empty());
  else where.setStart(new Empty());
  return new ReadReq().setOptions(options.setStream(where));
}

/**
 * A read of the whole log from a position: forwards including the event there, backwards without it. It yields streams
 * whose names begin with one of `prefixes`; all streams if that is null.
 */
export function readAllRequest(
  from: Position | null,
  direction: Direction,
  limit: number,
  prefixes: readonly string[] | null,
): ReadReq {
  const options = newOptions(direction).setCount(String(limit)).setAll(allFrom(from, direction));
  if (prefixes === null) options.setNoFilter(new Empty());
  else options.setFilter(filterOf(prefixes));
  return new ReadReq().setOptions(options);
}

export function subscribeRequest(after: Position | null, prefixes: readonly string[]): ReadReq {
  const options = newOptions('forwards')
    .setSubscription(new ReadReq.Options.SubscriptionOptions())
    .setFilter(filterOf(prefixes));
  const where = new ReadReq.Options.AllOptions();
  // A subscription begins after its position; a read begins at it.
  if (after === null) where.setStart(new Empty());
  else where.setPosition(positionMessage(after));
  return new ReadReq().setOptions(options.setAll(where));
}

function newOptions(direction: Direction = 'forwards') {
  return new ReadReq.Options()
    .setReadDirection(
      direction === 'backwards' ? ReadReq.Options.ReadDirection.BACKWARDS : ReadReq.Options.ReadDirection.FORWARDS,
    )
    .setResolveLinks(false)
    .setUuidOption(new ReadReq.Options.UUIDOption().setString(new Empty()));
}

function allFrom(from: Position | null, direction: Direction) {
  const where = new ReadReq.Options.AllOptions();
  if (from !== null) return where.setPosition(positionMessage(from));
  return direction === 'forwards' ? where.setStart(new Empty()) : where.setEnd(new Empty());
}

function positionMessage(position: Position) {
  const [commit = '', prepare = commit] = position.split('/');
  return new ReadReq.Options.Position().setCommitPosition(commit).setPreparePosition(prepare);
}

function filterOf(prefixes: readonly string[]) {
  const expression = new ReadReq.Options.FilterOptions.Expression().setPrefixList([...prefixes]);
  return new ReadReq.Options.FilterOptions()
    .setStreamIdentifier(expression)
    .setMax(searchWindow)
    .setCheckpointintervalmultiplier(windowsPerCheckpoint);
}
