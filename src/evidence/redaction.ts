import { E, type Either } from '../prelude/fp.js';
import { isNestedDeeper, isPlainObject, type Json } from '../prelude/json.js';
import type { StoredEvent } from './canonical-event.js';
import { readableNestingMax } from '../domain/read-event.js';
import { PayloadDigests, wholeDigest } from './leaf-content.js';
import type { TreeHash } from './merkle-tree.js';
import { isEmpty, membersOf, visibilityInJob, visibilityOf } from './payload-fields.js';
import { redactionIn, redactionMark } from './redaction-mark.js';

/** Part of a path: the name of a member, or null for every member of an object or a list. */
type Step = string | null;

/** Which values of events' data to redact. Make one by {@link readRedaction}. */
export interface Redaction {
  /** As it was written. */
  readonly path: string;
  readonly steps: readonly Step[];
  /** Other places of the same values; they are redacted too. */
  readonly also: readonly Redaction[];
}

const stack: Redaction = { path: 'stack', steps: ['stack'], also: [] };

/** Members of a failure that its stack repeats. */
const inStack: readonly unknown[] = [undefined, null, 'message', 'exception'];

/** A stack begins with its error's class and message, and a fork's submission holds the results that it carries over. */
function repeated(path: string, steps: readonly Step[]): readonly Redaction[] {
  if (steps[0] === 'failure' && inStack.includes(steps[1])) return [stack];
  if (steps[0] !== 'result') return [];
  return [{ path: `jobs[].carried.${path}`, steps: ['jobs', null, 'carried', ...steps], also: [] }];
}

/** The paths of redactions, and of what is redacted with them. */
export function redactedPaths(redactions: readonly Redaction[]): readonly string[] {
  return redactions.flatMap(({ path, also }) => [path, ...redactedPaths(also)]);
}

const stepsMax = 200;
const stepPattern = /\.?(?:([^.[\]"]+)|\[\]|\["([^"\\]*)"\])/gy;

/**
 * Reads a path within events' data, such as `result`, `result.customer.*` or `jobs[].args.token`. `*` is every member of
 * an object, `[]` every item of a list; a name with a dot in it is written `["a.b"]`. Says what is wrong with an
 * invalid path, or one that leads to what cannot be redacted.
 */
export function readRedaction(path: string): Either<string, Redaction> {
  const steps: Step[] = [];
  let end = 0;
  for (const { 0: whole, 1: name, 2: quoted, index } of path.matchAll(stepPattern)) {
    if (index !== end) break;
    end += whole.length;
    if (quoted !== undefined) steps.push(quoted);
    else steps.push(name === undefined || name === '*' ? null : name);
  }
  const shown = JSON.stringify(path.length > 200 ? `${path.slice(0, 199)}…` : path);
  if (steps.length > stepsMax)
    return E.left(`a path to redact has ${steps.length} steps; at most ${stepsMax} are allowed`);
  if (steps.length === 0 || end < path.length || path.startsWith('.')) {
    return E.left(
      `${shown} is not a path in an event's data; give one such as result, failure.message or jobs[].args.token`,
    );
  }
  if (steps[0] === 'data' && steps.length > 1) return readRedaction(path.slice('data.'.length));
  const reason = whyInClear(steps);
  if (reason !== null) return E.left(`${shown} cannot be redacted: ${reason}`);
  return E.right({ path, steps, also: repeated(path, steps) });
}

function whyInClear([first = null, , third]: readonly Step[]): string | null {
  if (first === null) return null;
  if (visibilityOf(first, null) === 'clear') return `${first} is part of what every proof shows`;
  if (first !== 'jobs' || (third !== undefined && third !== null && visibilityInJob(third) === 'payload')) return null;
  return 'of the list of jobs, only jobs[].args and jobs[].carried can be';
}

/** A redacted event, and how many values were redacted. */
export interface Redacted {
  readonly event: StoredEvent;
  readonly count: number;
}

/** The event with marks in place of the values that a path leads to. Its leaf in the tree stays what it was. */
export function redact(event: StoredEvent, redaction: Redaction, hash: TreeHash): Redacted {
  const data = JSON.parse(event.data) as Json;
  const work = new Redacting(new PayloadDigests(event.id, hash));
  const all = [redaction, ...redaction.also];
  // Data that cannot be read has one digest for all of it, so it is redacted as a whole.
  if (isNestedDeeper(event.data, readableNestingMax)) {
    const isMeant = all.some(({ steps: [first = null] }) => first === null || Object.hasOwn(data as object, first));
    if (!isMeant) return { event, count: 0 };
    return { event: { ...event, data: JSON.stringify(redactionMark(wholeDigest(event, hash))) }, count: 1 };
  }
  const changed = all.reduce((before, { steps }) => work.data(before, steps), data);
  return work.count === 0
    ? { event, count: 0 }
    : { event: { ...event, data: JSON.stringify(changed) }, count: work.count };
}

class Redacting {
  count = 0;

  constructor(private readonly digests: PayloadDigests) {}

  data(data: Json, steps: readonly Step[]): Json {
    if (redactionIn(data) !== null) return data;
    return each(data, steps, [], (value, rest, path) => {
      const key = String(path[0]);
      const visibility = isPlainObject(data) ? visibilityOf(key, value) : 'clear';
      if (visibility === 'clear') return value;
      if (visibility === 'payload') return isEmpty(value) ? value : this.within(value, rest, path);
      return each(value, rest, path, (job, inJob, jobPath) =>
        each(job, inJob, jobPath, (field, inField, fieldPath) => {
          const isPayload = visibilityInJob(String(fieldPath.at(-1))) === 'payload';
          return isPayload && !isEmpty(field) ? this.within(field, inField, fieldPath) : field;
        }),
      );
    });
  }

  private within(value: Json, steps: readonly Step[], path: Path): Json {
    if (redactionIn(value) !== null) return value;
    if (steps.length > 0) return each(value, steps, path, (item, rest, itemPath) => this.within(item, rest, itemPath));
    this.count += 1;
    return redactionMark(this.digests.of(value, path));
  }
}

type Path = readonly (string | number)[];

/** The value with the members changed that the first step names. */
function each(
  value: Json,
  [step, ...rest]: readonly (Step | undefined)[],
  path: Path,
  change: (item: Json, rest: readonly Step[], path: Path) => Json,
): Json {
  if (step === undefined) return value;
  const isMeant = (key: string | number) => step === null || step === String(key);
  const changed = <K extends string | number>(key: K, item: Json) =>
    isMeant(key) ? change(item, rest as readonly Step[], [...path, key]) : item;
  if (Array.isArray(value)) return value.map((item: Json, index) => changed(index, item));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(membersOf(value).map(([key, item]) => [key, changed(key, item)]));
}
