import { type Draft, produce } from 'immer';
import { type EventType, eventTypes, type RecordedEvent } from '../../domain/events.js';
import { isError, OverseerError, wordsFor } from '../../prelude/errors.js';
import { E } from '../../prelude/fp.js';
import { copied, frozen, isPlainObject, type Json, type JsonObject, toJson } from '../../prelude/json.js';
import { meantAmong, shownName, unknownMember } from '../../prelude/known-names.js';

interface DefinitionBase<State> {
  /** Letters, digits and dashes, up to 100. Its checkpoint is kept under this name. */
  readonly name: string;
  /** Give another one whenever the function or `initial` changes, so that no old state is used. Default 1. */
  readonly version?: number;
  /** The state before the first event. This state, and every later one, must be a value of JSON. */
  readonly initial: State;
  /** Which events it is shown; all unless given. */
  readonly filter?: {
    readonly types?: readonly EventType[];
    readonly graphId?: string;
  };
}

/** A projection whose function returns the next state: see {@link defineProjection}. */
export interface ProjectionDefinition<State> extends DefinitionBase<State> {
  /**
   * The state after an event: another value, or the very same one if the event changes nothing. It may use nothing but
   * its arguments, and must not change them: states are frozen.
   */
  readonly evolve: (state: State, event: RecordedEvent) => State;
  readonly recipe?: undefined;
}

/** A projection whose function changes a draft of the state: see {@link defineProjection}. */
export interface ProjectionRecipe<State> extends DefinitionBase<State> {
  /**
   * Changes a draft of the state by an event, and returns nothing. The state itself stays as it is. It may use nothing
   * but its arguments. The event is a copy, so parts of it may become parts of the state.
   */
  readonly recipe: (draft: Draft<State>, event: RecordedEvent) => void;
  readonly evolve?: undefined;
}

/** A state computed from the events of a log, by a function of one's own. Made by {@link defineProjection}. */
export type Projection<State = unknown> = Required<Omit<ProjectionDefinition<State>, 'recipe'>>;

const definitionKeys = ['name', 'version', 'initial', 'recipe', 'evolve', 'filter'];

/**
 * Defines a projection: a state that follows from the events of a log.
 *
 *     const failures = defineProjection<Record<string, number>>({
 *       name: 'failures-by-type',
 *       initial: {},
 *       recipe: (counts, event) => { … },
 *     });
 *
 * Give a `recipe`, which changes a draft of the state, or an `evolve`, which returns the next state and is faster.
 *
 * @throws OverseerError `projection-invalid`, saying what is wrong with it
 */
export function defineProjection<State>(
  definition: ProjectionDefinition<State> | ProjectionRecipe<State>,
): Projection<State> {
  if (!isPlainObject(definition)) throw invalid('a projection is an object with name, initial, and recipe or evolve');
  const { name, version = 1, initial, filter = {} } = definition;
  const isName = typeof name === 'string' && /^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/.test(name);
  if (!isName) {
    throw invalid(`a projection cannot be named ${JSON.stringify(name)}; use up to 100 letters, digits and dashes`);
  }
  const whose = `projection ${JSON.stringify(name)}`;
  const unknown = unknownMember(whose, 'field', definition, definitionKeys);
  if (unknown !== null) throw invalid(unknown);
  if (!Number.isSafeInteger(version) || version < 1) {
    throw invalid(`the version of ${whose} is ${String(version)}; give a whole number from 1`);
  }
  const evolve = evolveOf(definition, whose);
  if (!isPlainObject(filter)) throw invalid(`the filter of ${whose} is not an object of types and graphId`);
  const unfiltered = unknownMember(`the filter of ${whose}`, 'field', filter, ['types', 'graphId']);
  if (unfiltered !== null) throw invalid(unfiltered);
  const noType = filter.types?.find((type) => !eventTypes.includes(type));
  if (noType !== undefined) {
    const meant = meantAmong(String(noType), eventTypes);
    throw invalid(`the filter of ${whose} names ${shownName(String(noType))}, which is not a type of event; ${meant}`);
  }
  const json = asJson(initial, `the initial state of ${whose}`);
  if (definition.recipe !== undefined && (typeof json !== 'object' || json === null)) {
    throw invalid(`the initial state of ${whose} must be an object or a list for a recipe to change; or use evolve`);
  }
  return { name, version, initial: frozen(json) as State, evolve, filter };
}

function evolveOf<State>(
  { recipe, evolve }: ProjectionDefinition<State> | ProjectionRecipe<State>,
  whose: string,
): Projection<State>['evolve'] {
  if (recipe !== undefined && evolve !== undefined) throw invalid(`${whose} has both recipe and evolve; give only one`);
  if (typeof evolve === 'function') return evolve;
  if (typeof recipe === 'function') return byRecipe(recipe);
  throw invalid(`${whose} has no function; give recipe(draft, event) or evolve(state, event)`);
}

/**
 * A recipe is given a copy of the event. What it takes into the state is frozen with the state, and may be changed before
 * that; neither must reach the log's own event, which others read.
 */
function byRecipe<State>(recipe: ProjectionRecipe<State>['recipe']): Projection<State>['evolve'] {
  return (state, event) =>
    produce(state, (draft) => {
      const returned: unknown = recipe(draft, copied(event as unknown as JsonObject) as unknown as RecordedEvent);
      if (returned !== undefined) {
        throw new TypeError('its recipe returned a value; a recipe changes the draft and returns nothing');
      }
    });
}

/**
 * The state after an event.
 *
 * @throws OverseerError `projection-failed` if the projection's function throws, an `evolve` returns nothing, or a recipe
 *   returns something
 */
export function evolved<State>(projection: Projection<State>, state: State, event: RecordedEvent): State {
  const at = `on the ${event.type} at @${event.position} (graph ${event.graphId})`;
  const failed = (what: string, why: string, cause?: unknown) =>
    new OverseerError('projection-failed', `projection ${JSON.stringify(projection.name)} ${what} ${at}: ${why}`, {
      cause,
    });
  let next: State | undefined;
  try {
    next = projection.evolve(state, event);
  } catch (error) {
    throw failed('threw', isError(error) ? `${error.name}: ${error.message}` : wordsFor(error), error);
  }
  if (next === undefined) throw failed('returned nothing', 'evolve must return the state');
  return next === state ? state : frozen(next);
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
