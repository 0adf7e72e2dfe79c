import type { Position } from '../domain/events.js';
import type { EventLog, LogError } from '../log/event-log.js';
import { treeHash } from '../log/tree-hash.js';
import type { TaskEither } from '../prelude/fp.js';
import { type Json, parsedOrText } from '../prelude/json.js';
import { orThrow } from './or-throw.js';

interface JsonSnapshot<A> {
  readonly position: Position;
  /** Null if it cannot be read: a snapshot is a cache, and a damaged one is as good as none. */
  readonly value: A | null;
}

/**
 * What a snapshot begins with: the SHA-256 of its name, its position and its text. Damage within a text can leave
 * JSON of the same form, such as a list of graphs that lacks one; without the digest, nobody would notice.
 */
function digestOf(name: string, position: Position, text: string): string {
  return treeHash.plain(`${JSON.stringify([name, position])}${text}`);
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
  const [digest, text] = parts(Buffer.from(bytes).toString());
  return { position, value: digest === digestOf(name, position, text) ? read(parsedOrText(text)) : null };
}

function parts(kept: string): readonly [digest: string, text: string] {
  const space = kept.indexOf(' ');
  return [kept.slice(0, Math.max(0, space)), kept.slice(space + 1)];
}

/** @internal */
export function saveJson(log: EventLog, name: string, position: Position, value: Json): TaskEither<LogError, void> {
  const text = JSON.stringify(value);
  return log.saveSnapshot(name, { position, bytes: Buffer.from(`${digestOf(name, position, text)} ${text}`) });
}
