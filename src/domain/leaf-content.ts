/**
 * What a leaf of the audit's tree says of an event: its canonical line, with a digest in place of every payload (see
 * payload-places.ts). So an event can be proven to stand in a log without showing its payload, or any part of it.
 *
 * The digest of an object or a list is made of those of its members, so that each of them can be redacted alone. A digest
 * covers the event's id and the path of the value in it, so that equal values do not show as equal. Data that is nested
 * deeper than can be read (see events.ts) has one digest for all of it.
 */
import { isNestedDeeper, isPlainObject, type Json } from '../prelude/json.js';
import { eventLine, lineBeforeData, type StoredEvent } from './canonical-event.js';
import { readableNestingMax } from './events.js';
import type { TreeHash } from './merkle-tree.js';
import { isEmpty, membersOf, visibilityInJob, visibilityOf } from './payload-places.js';
import { redactionIn } from './redaction-mark.js';
import { Remembered } from './remembered.js';

interface Parsed {
  readonly value: Json;
  readonly isClear: boolean;
}

const parsedTexts = new Remembered<Parsed>((text) => {
  const value = JSON.parse(text) as Json;
  return { value, isClear: isAllClear(value) };
});

function isAllClear(data: Json): boolean {
  if (!isPlainObject(data)) return isEmpty(data);
  return membersOf(data).every(([key, value]) => {
    const visibility = visibilityOf(key, value);
    if (visibility === 'payload') return isEmpty(value);
    return visibility === 'clear' || (value as readonly object[]).every(isClearJob);
  });
}

function isClearJob(job: object): boolean {
  return membersOf(job).every(([key, value]) => visibilityInJob(key) === 'clear' || isEmpty(value));
}

/** What is hashed as the leaf of an event. */
export function leafContent(event: StoredEvent, hash: TreeHash): string {
  if (isNestedDeeper(event.data, readableNestingMax)) {
    return `${lineBeforeData(event)}"sha256:${wholeDigest(event, hash)}"}`;
  }
  const { value, isClear } = parsedTexts.of(event.data);
  if (isClear) return eventLine(event);
  return `${lineBeforeData(event)}${new PayloadDigests(event.id, hash).dataText(value)}}`;
}

/** The digest of an event's data as one value, whatever is in it. */
export function wholeDigest({ id, data }: StoredEvent, hash: TreeHash): string {
  return hash.digest(`${JSON.stringify([id])}=${data}`);
}

type Path = readonly (string | number)[];

/** The digests of payloads of one event. A path is the keys and indexes that lead to a value, from the data on. */
export class PayloadDigests {
  constructor(
    private readonly eventId: string,
    private readonly hash: TreeHash,
  ) {}

  /** The data as JSON text, with digests for payloads. */
  dataText(data: Json): string {
    if (!isPlainObject(data) || redactionIn(data) !== null) return this.payload(data, []);
    return objectText(data, (key, value) => {
      const visibility = visibilityOf(key, value);
      if (visibility === 'payload') return this.payload(value, [key]);
      if (visibility === 'clear') return JSON.stringify(value);
      return `[${(value as readonly object[]).map((job, index) => this.jobText(job, index)).join(',')}]`;
    });
  }

  private jobText(job: object, index: number): string {
    return objectText(job, (key, value) =>
      visibilityInJob(key) === 'payload' ? this.payload(value, ['jobs', index, key]) : JSON.stringify(value),
    );
  }

  private payload(value: Json, path: Path): string {
    return isEmpty(value) ? JSON.stringify(value) : `"sha256:${this.of(value, path)}"`;
  }

  /** The digest of one value, in hexadecimal. Walks without recursion: values may be nested deeper than the stack. */
  of(root: Json, path: Path): string {
    const at = [...path];
    const levels: Level[] = [];
    /** The digest of the value the walk has come to, once it is known. */
    let digest = this.simple(root, at);
    if (digest === null) levels.push(new Level(root as object));
    for (let top = levels.at(-1); top !== undefined; top = levels.at(-1)) {
      if (digest !== null) {
        top.take(digest);
        at.pop();
      }
      const next = top.next();
      if (next === null) {
        levels.pop();
        digest = this.digest(at, top.content);
        continue;
      }
      at.push(next.key);
      digest = this.simple(next.value, at);
      if (digest === null) levels.push(new Level(next.value as object));
    }
    return digest!;
  }

  /** The digest of a value that has no members; null for an object or a list. */
  private simple(value: Json, path: Path): string | null {
    const redacted = redactionIn(value);
    if (redacted !== null) return redacted;
    const hasMembers = Array.isArray(value) || isPlainObject(value);
    return hasMembers ? null : this.digest(path, `=${JSON.stringify(value)}`);
  }

  private digest(path: Path, content: string): string {
    return this.hash.digest(`${JSON.stringify([this.eventId, ...path])}${content}`);
  }
}

/** An object or a list whose members' digests are being made, one after the other. */
class Level {
  private readonly isList: boolean;
  private readonly members: readonly (readonly [string | number, Json])[];
  private readonly shown: string[] = [];

  constructor(value: object) {
    this.isList = Array.isArray(value);
    this.members = this.isList ? [...(value as readonly Json[]).entries()] : membersOf(value);
  }

  /** The member whose digest is wanted next; null if there are all. */
  next(): { readonly key: string | number; readonly value: Json } | null {
    const member = this.members[this.shown.length];
    return member === undefined ? null : { key: member[0], value: member[1] };
  }

  take(digest: string): void {
    const [key] = this.members[this.shown.length]!;
    this.shown.push(this.isList ? digest : `${JSON.stringify(key)}:${digest}`);
  }

  get content(): string {
    return this.isList ? `[${this.shown.join(',')}]` : `{${this.shown.join(',')}}`;
  }
}

function objectText(object: object, shown: (key: string, value: Json) => string): string {
  const members = membersOf(object).map(([key, value]) => `${JSON.stringify(key)}:${shown(key, value)}`);
  return `{${members.join(',')}}`;
}
