/** How an event is written, and how what a log holds is read again: see events.ts for the format itself. */
import { problems } from '../prelude/codec.js';
import { E, type Either } from '../prelude/fp.js';
import { shownName } from '../prelude/known-names.js';
import { type Definition, type DomainEvent, eventDefinitions, type UnreadableEvent } from './events.js';

/**
 * The version an event is written with: the oldest whose readers understand it correctly. So a release that does not know
 * the newest version can still read every event that does not need it.
 */
export function versionOf(event: DomainEvent): number {
  const definition = eventDefinitions[event.type] as Definition<DomainEvent['data']>;
  return definition.versionNeeded?.(event.data) ?? definition.version;
}

/** An event that no release can read: nested so deeply that working with it would exhaust the stack. */
export function nestedTooDeep(storedType: string, text: string): UnreadableEvent {
  const explanation = `its data is nested deeper than ${readableNestingMax} levels, too deep for any release to work with`;
  return { type: 'Unreadable', data: { storedType, problem: 'nested-too-deep', explanation, stored: text } };
}

/**
 * How many levels deep the data of a stored event may be nested. Release 0.1.0 had no limit when it wrote, and failed on
 * more than about 1,300 levels itself.
 */
export const readableNestingMax = 1000;

/** How many levels an event puts around a user's value: a carried result is in a job, which is in a list. */
export const valueNestingInData = 4;

/** Why an event must not be written, since it could not be read again; null if it may be. */
export function whyUnwritable({ type, data }: DomainEvent): string | null {
  const { codec } = eventDefinitions[type] as Definition<unknown>;
  if (codec.is(data)) return null;
  const decoded = codec.decode(data);
  return `${type} ${E.isLeft(decoded) ? problems(decoded.left).join('; ') : 'does not match its codec'}`;
}

/** What EventStoreDB itself writes when somebody deletes a stream for good. */
const streamDeleted = '$streamDeleted';

/** A stored event in today's shape; never throws, since a log outlives the programs that read it. */
export function readEvent(
  storedType: string,
  schemaVersion: number,
  stored: unknown,
  registry: Readonly<Record<string, Definition<unknown>>> = eventDefinitions,
): DomainEvent | UnreadableEvent {
  const unreadable = (problem: UnreadableEvent['data']['problem'], explanation: string): UnreadableEvent => ({
    type: 'Unreadable',
    data: { storedType, problem, explanation, stored },
  });
  const definition = Object.hasOwn(registry, storedType) ? registry[storedType] : undefined;
  if (definition === undefined) {
    const isDeletion = storedType === streamDeleted;
    const unknown = `no event is called ${shownName(storedType)}`;
    return unreadable('unknown-event-type', isDeletion ? 'somebody has deleted this stream' : unknown);
  }
  if (schemaVersion > definition.version) {
    return unreadable(
      'event-from-the-future',
      `version ${schemaVersion} of ${storedType} was written by a newer release; this one reads up to ${definition.version}`,
    );
  }
  const decoded = upcast(definition, schemaVersion, stored);
  if (E.isLeft(decoded)) return unreadable('malformed-event', decoded.left);
  return { type: storedType, data: decoded.right } as DomainEvent;
}

function upcast<Data>(definition: Definition<Data>, schemaVersion: number, stored: unknown): Either<string, Data> {
  let data = stored;
  for (let version = schemaVersion; version < definition.version; version++) {
    const step = definition.upcasters[version];
    if (step === undefined) return E.left(`there is no upcaster from version ${version} to ${version + 1}`);
    data = step(data);
  }
  const decoded = definition.codec.decode(data);
  return E.isLeft(decoded) ? E.left(problems(decoded.left).join('; ')) : decoded;
}
