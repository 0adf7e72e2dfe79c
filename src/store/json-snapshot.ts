import { createHash } from 'node:crypto';
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

/**
 * @internal A snapshot of a log that is kept as JSON, or null if there is none, or if its position was damaged.
 *
 * Its first line names the position again, and has a checksum of position and JSON: JSON in which a character has changed
 * is mostly still JSON, and would be believed. Snapshots of release 0.1.0 have no such line.
 *
 * @param read what a value means; null if it means nothing
 */
export async function loadJson<A>(
  log: EventLog,
  name: string,
  read: (value: unknown) => A | null,
): Promise<JsonSnapshot<A> | null> {
  const snapshot = await orThrow(log.loadSnapshot(name));
  if (snapshot === null) return null;
  const { position, bytes } = snapshot;
  const text = Buffer.from(bytes).toString();
  if (text.startsWith('{')) return { position, value: read(parsedOrText(text)) };
  const lineEnd = text.indexOf('\n');
  const json = text.slice(lineEnd + 1);
  const [named, checksum] = text.slice(0, lineEnd).split(' ');
  if (named !== position) return null;
  return { position, value: checksum === checksumOf(position, json) ? read(parsedOrText(json)) : null };
}

/** @internal */
export function saveJson(log: EventLog, name: string, position: Position, value: Json): TaskEither<LogError, void> {
  const json = JSON.stringify(value);
  const bytes = Buffer.from(`${position} ${checksumOf(position, json)}\n${json}`);
  return log.saveSnapshot(name, { position, bytes });
}

function checksumOf(position: Position, json: string): string {
  return createHash('sha256').update(`${position}\n${json}`).digest('hex');
}
