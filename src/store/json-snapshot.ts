import type { Position } from '../domain/events.js';
import type { EventLog, LogError } from '../log/event-log.js';
import type { TaskEither } from '../prelude/fp.js';
import { type Json, parsedOrText } from '../prelude/json.js';
import { orThrow } from './or-throw.js';

interface JsonSnapshot<A> {
  readonly position: Position;
  /** Null if it cannot be read: a snapshot is a cache, and a damaged one is as good as none. */
  readonly value: A | null;
}

/** @internal A snapshot of a log that is kept as JSON. @param read what a value means; null if it means nothing */
export async function loadJson<A>(
  log: EventLog,
  name: string,
  read: (value: unknown) => A | null,
): Promise<JsonSnapshot<A> | null> {
  const snapshot = await orThrow(log.loadSnapshot(name));
  if (snapshot === null) return null;
  const { position, bytes } = snapshot;
  return { position, value: read(parsedOrText(Buffer.from(bytes).toString())) };
}

/** @internal */
export function saveJson(log: EventLog, name: string, position: Position, value: Json): TaskEither<LogError, void> {
  return log.saveSnapshot(name, { position, bytes: Buffer.from(JSON.stringify(value)) });
}
