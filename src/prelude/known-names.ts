import { OverseerError } from './errors.js';
import { closeAmong } from './nearest.js';
import { withoutPasswords } from './shown-address.js';

const shownMax = 60;

/** A name in a message: quoted, and cut if it is long. */
export function shownName(name: string, most = shownMax): string {
  return JSON.stringify(name.length > most ? `${name.slice(0, most - 3)}…` : name);
}

/** An id in a message: the same, but no id that is possible is cut. */
export const shownId = (id: string): string => shownName(id, 500);

/** A value in a message: as JSON without passwords, and cut if it is long. */
export function shownValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = withoutPasswords(textOf(value));
  return text.length > shownMax ? `${text.slice(0, shownMax - 3)}…` : text;
}

function textOf(value: unknown): string {
  try {
    return String(JSON.stringify(value) ?? typeof value);
  } catch {
    // It is nested so deeply that it cannot be written, or refers to itself.
    return Array.isArray(value) ? 'a list' : `an ${typeof value}`;
  }
}

/**
 * What is wrong with the names of an object's members; null if all are known.
 *
 * @param whose begins the sentence and says what has such members: `job "a"`, `the graph`
 * @param kind what its members are: `field`, `option`, `setting`
 */
export function unknownMember(whose: string, kind: string, value: object, known: readonly string[]): string | null {
  const name = Object.keys(value).find((key) => !known.includes(key));
  return name === undefined ? null : `${whose} has no ${kind} ${shownName(name)}; ${meantAmong(name, known)}`;
}

/** What is wrong with a value that is to be one of some names; null if it is one. */
function unknownName(what: string, value: unknown, known: readonly string[]): string | null {
  if (known.some((name) => name === value)) return null;
  const shown = typeof value === 'string' ? shownName(value) : String(value);
  return `${what} cannot be ${shown}; ${meantAmong(String(value), known)}`;
}

/** The end of a sentence about an unknown name: which one is meant, most likely, and which there are. */
export function meantAmong(name: string, known: readonly string[]): string {
  const near = closeAmong(name, known);
  const all = known.length === 1 ? `is ${known[0]}` : `are ${known.join(', ')}`;
  return near === null ? `there ${all}` : `did you mean ${near}? There ${all}`;
}

/**
 * Refuses options that a function does not have: a slip in an option's name would give a wrong answer in silence.
 *
 * @param names every option of the function; the compiler sees to it that none is missing
 * @throws OverseerError `name-unknown`
 */
export function assertOptions<Options extends object>(
  call: string,
  options: Options,
  names: Readonly<Record<keyof Options, true>>,
): void {
  if (typeof options !== 'object' || (options as object | null) === null || Array.isArray(options)) {
    const given: unknown = options;
    const isNone = given === null || given === undefined;
    const kind = Array.isArray(given) ? 'a list' : isNone ? `${given}` : `a ${typeof given}`;
    throw unknown(`the options of ${call} must be an object, not ${kind}`);
  }
  const problem = unknownMember(call, 'option', options, Object.keys(names));
  if (problem !== null) throw unknown(problem);
}

/** @throws OverseerError `name-unknown` for a value that is none of some names */
export function assertNames(what: string, values: ReadonlySet<unknown> | null, known: readonly string[]): void {
  for (const value of values ?? []) assertName(what, value, known);
}

/** @throws OverseerError `name-unknown` for a value that is not one of some names */
export function assertName(what: string, value: unknown, known: readonly string[]): void {
  const problem = unknownName(what, value, known);
  if (problem !== null) throw unknown(problem);
}

function unknown(message: string): OverseerError {
  return new OverseerError('name-unknown', message);
}
