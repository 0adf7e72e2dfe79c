/**
 * Which parts of an event's data are payload: what people put in, which may be redacted. It depends on the names of
 * fields alone, and not on the release that reads them: everything is payload except what `clearKeys` names. Of the
 * list of jobs, what each job is given (its args, and a result carried over) is payload, and the rest is not.
 */
import { isPlainObject, type Json } from '../prelude/json.js';
import { holdsRedaction, redactedKey, redactionIn, someWithin } from './redaction-mark.js';

/** Fields of the data that can never be redacted. Frozen: a change would make every tree head a different one. */
const clearKeys: ReadonlySet<string> = new Set([
  'attempt',
  'worker',
  'leaseMs',
  'cause',
  'next',
  'part',
  'parts',
  'priority',
  'by',
  'silent',
  'progress',
  'forkedFrom',
]);

export type Visibility = 'clear' | 'payload' | 'jobs';

/** Of a field of the data, by its name and value. */
export function visibilityOf(key: string, value: Json): Visibility {
  if (clearKeys.has(key)) return 'clear';
  return key === 'jobs' && Array.isArray(value) && value.every(isPlainObject) ? 'jobs' : 'payload';
}

/** Of a field of a job in the list of jobs. */
export function visibilityInJob(key: string): Exclude<Visibility, 'jobs'> {
  return key === 'args' || key === 'carried' ? 'payload' : 'clear';
}

/** Whether a payload is empty. Then there is nothing to hide, and it is shown in clear. */
export function isEmpty(value: Json): boolean {
  if (value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isPlainObject(value) && Object.keys(value).length === 0;
}

/** The members of an object of JSON. */
export function membersOf(object: object): readonly (readonly [key: string, value: Json])[] {
  return Object.entries(object as Readonly<Record<string, Json>>);
}

/** Whether canonical data has a redaction mark where none may be, or an invalid one. */
export function hasWrongRedaction(data: Json): boolean {
  if (!isPlainObject(data) || redactionIn(data) !== null) return hasBrokenMark(data);
  return membersOf(data).some(([key, value]) => {
    const visibility = visibilityOf(key, value);
    if (visibility !== 'jobs') return key === redactedKey || isWrong(visibility, value);
    return (value as readonly object[]).some((job) =>
      membersOf(job).some(([field, inner]) => field === redactedKey || isWrong(visibilityInJob(field), inner)),
    );
  });
}

function isWrong(visibility: Exclude<Visibility, 'jobs'>, value: Json): boolean {
  return visibility === 'clear' ? holdsRedaction(value) : hasBrokenMark(value);
}

function hasBrokenMark(value: Json): boolean {
  const isMark = (inner: Json) => redactionIn(inner) !== null;
  return someWithin(value, (inner) => isPlainObject(inner) && Object.hasOwn(inner, redactedKey), isMark);
}
