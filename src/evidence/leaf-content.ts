/**
 * What a leaf of the audit's tree says of an event: its canonical line, with a digest in place of every payload (see
 * payload-fields.ts). So an event can be proven to be in a log without showing its payload, or any part of it.
 *
 * The digest of an object or a list is made of the digests of its members, so that each of them can be redacted alone. A digest
 * covers the event's id and the path of the value in it, so that equal values have different digests. Data that is nested
 * deeper than can be read (see events.ts) has one digest for all of it.
 */
import { isNestedDeeper, isPlainObject, type Json } from '../prelude/json.js';
import { eventLine, lineBeforeData, type StoredEvent } from './canonical-event.js';
import { readableNestingMax } from '../domain/read-event.js';
import type { TreeHash } from './merkle-tree.js';
import { isEmpty, membersOf, visibilityInJob, visibilityOf } from './payload-fields.js';
import { redactionIn } from './redaction-mark.js';
import { Memo } from '../prelude/memo.js';

interface Parsed {
  readonly value: Json;
  readonly isClear: boolean;
}

const parsedTexts = new Memo<Parsed>((text) => {
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

/** Recursion is twice as fast, and is safe to this depth. */
const recursionMax = 250;

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

  /** The digest of one value, in hexadecimal. */
  of(value: Json, path: Path): string {
    const redacted = redactionIn(value);
    if (redacted !== null) return redacted;
    return path.length > recursionMax ? this.ofDeep(value, path) : this.digest(path, this.content(value, path));
  }

  private content(value: Json, path: Path): string {
    if (Array.isArray(value)) {
      return `[${value.map((item: Json, index) => this.of(item, [...path, index])).join(',')}]`;
    }
    if (isPlainObject(value)) return objectText(value, (key, member) => this.of(member, [...path, key]));
    return `=${JSON.stringify(value)}`;
  }

  /**
   * The same for values nested deeper than is allowed today: older releases took them.
   * Members come before the value around them; values still open are kept in a list.
   */
  private ofDeep(value: Json, path: Path): string {
    const open: Open[] = [];
    for (let at: Json = value, atPath = path; ;) {
      const members = membersWithin(at);
      let digest: string | null = null;
      if (members === null) digest = redactionIn(at) ?? this.digest(atPath, `=${JSON.stringify(at)}`);
      else open.push({ path: atPath, isList: Array.isArray(at), members, texts: [] });
      // A value is complete. It may be the last member of the value around it.
      for (;;) {
        const around = open.at(-1);
        if (around === undefined) return digest!;
        if (digest !== null) addMember(around, digest);
        const next = around.members[around.texts.length];
        if (next !== undefined) {
          [at, atPath] = [next[1], [...around.path, next[0]]];
          break;
        }
        digest = this.digest(around.path, textOf(around));
        open.pop();
      }
    }
  }

  private digest(path: Path, content: string): string {
    return this.hash.digest(`${JSON.stringify([this.eventId, ...path])}${content}`);
  }
}

/** An object or a list some of whose members have their digests. */
interface Open {
  readonly path: Path;
  readonly isList: boolean;
  readonly members: readonly (readonly [key: string | number, value: Json])[];
  /** The texts of those that have, in order. */
  readonly texts: string[];
}

/** Null for a value without members, and for a redacted one. */
function membersWithin(value: Json): Open['members'] | null {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item, index) => [index, item] as const);
  return isPlainObject(value) && redactionIn(value) === null ? membersOf(value) : null;
}

function addMember({ isList, members, texts }: Open, digest: string): void {
  texts.push(isList ? digest : `${JSON.stringify(members[texts.length]![0])}:${digest}`);
}

function textOf({ isList, texts }: Open): string {
  return isList ? `[${texts.join(',')}]` : `{${texts.join(',')}}`;
}

function objectText(object: object, shown: (key: string, value: Json) => string): string {
  const members = membersOf(object).map(([key, value]) => `${JSON.stringify(key)}:${shown(key, value)}`);
  return `{${members.join(',')}}`;
}
