import { type EventType, eventTypes, type RecordedEvent } from '../../domain/events.js';
import { OverseerError } from '../../prelude/errors.js';
import { E } from '../../prelude/fp.js';
import { frozen, isPlainObject, type Json, toJson } from '../../prelude/json.js';

/** What a projection is made of: see {@link defineProjection}. */
export interface ProjectionDefinition<State> {
  /** Letters, digits and dashes, up to 100. Its checkpoint is kept under it. */
  readonly name: string;
  /** Another one whenever `evolve` or `initial` changes, so that nothing of the old state is used. Default 1. */
  readonly version?: number;
  /** The state before the first event. It, and every later one, has to be a value of JSON. */
  readonly initial: State;
  /**
   * The state after an event: another value, or the very same one if the event changes nothing. It may use nothing but
   * its arguments, and must not change them: states are frozen.
   */
  readonly evolve: (state: State, event: RecordedEvent) => State;
  /** Which events it is shown; all unless given. */
  readonly filter?: {
    readonly types?: readonly EventType[];
    readonly graphId?: string;
  };
}

/** A state computed from the events of a log, by a function of one's own. Made by {@link defineProjection}. */
export type Projection<State = unknown> = Required<ProjectionDefinition<State>>;

const definitionKeys = ['name', 'version', 'initial', 'evolve', 'filter'];

/**
 * Defines a projection: a state that follows from the events of a log.
 *
 *     const failures = defineProjection<Record<string, number>>({
 *       name: 'failures-by-type',
 *       initial: {},
 *       evolve: (counts, event) => …,
 *     });
 *
 * @throws OverseerError `projection-invalid`, saying what is wrong with it
 */
export function defineProjection<State>(definition: ProjectionDefinition<State>): Projection<State> {
  if (!isPlainObject(definition)) throw invalid('a projection is an object with name, initial and evolve');
  const { name, version = 1, initial, evolve, filter = {} } = definition;
  const isName = typeof name === 'string' && /^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/.test(name);
  if (!isName) {
    throw invalid(`a projection cannot be named ${JSON.stringify(name)}; use up to 100 letters, digits and dashes`);
  }
  const whose = `projection ${JSON.stringify(name)}`;
  const unknown = Object.keys(definition).find((key) => !definitionKeys.includes(key));
  if (unknown !== undefined) {
    throw invalid(`${whose} has an unknown field ${JSON.stringify(unknown)}; it has ${definitionKeys.join(', ')}`);
  }
  if (!Number.isSafeInteger(version) || version < 1) {
    throw invalid(`the version of ${whose} is ${String(version)}; it is a whole number from 1`);
  }
  if (typeof evolve !== 'function') throw invalid(`${whose} has no function evolve(state, event)`);
  if (!isPlainObject(filter)) throw invalid(`the filter of ${whose} is no object of types and graphId`);
  const noType = filter.types?.find((type) => !eventTypes.includes(type));
  if (noType !== undefined) {
    throw invalid(`the filter of ${whose} names ${JSON.stringify(noType)}, and no event is called so`);
  }
  const json = asJson(initial, `the initial state of ${whose}`);
  return { name, version, initial: frozen(json) as State, evolve, filter };
}

/**
 * The state after an event.
 *
 * @throws OverseerError `projection-failed` if `evolve` throws, or returns nothing
 */
export function evolved<State>(projection: Projection<State>, state: State, event: RecordedEvent): State {
  const fail = (what: string, cause?: unknown) => {
    const at = `the ${event.type} at @${event.position} (graph ${event.graphId})`;
    throw new OverseerError('projection-failed', `projection ${JSON.stringify(projection.name)} ${what} on ${at}`, {
      cause,
    });
  };
  let next: State | undefined;
  try {
    next = projection.evolve(state, event);
  } catch (error) {
    return fail(`threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`, error);
  }
  if (next === undefined) return fail('returned nothing; evolve has to return the state');
  return frozen(next);
}

/**
 * The state as JSON, to be kept.
 *
 * @throws OverseerError `projection-invalid` if it cannot be written as such
 */
export function storableState({ name }: { readonly name: string }, state: unknown): Json {
  return asJson(state, `the state of projection ${JSON.stringify(name)}`);
}

function asJson(value: unknown, what: string): Json {
  const json = value === undefined ? E.left(`${what} is missing`) : toJson(value, what);
  if (E.isLeft(json)) throw invalid(json.left);
  return json.right;
}

function invalid(message: string): OverseerError {
  return new OverseerError('projection-invalid', message);
}
