import * as t from '../prelude/io.js';
import { RetryPolicy } from '../domain/events.js';
import { closed, intFrom, JsonRecord, numberBetween, problems, record } from '../prelude/codec.js';
import { OverseerError } from '../prelude/errors.js';
import { E } from '../prelude/fp.js';
import { isPlainObject } from '../prelude/json.js';
import { shownName } from '../prelude/known-names.js';
import { nearestTo } from '../prelude/nearest.js';

/** A setting is unknown, or has a value it cannot have. The message says which, where it is, and what is possible. */
export class ConfigurationError extends OverseerError {
  override readonly name = 'ConfigurationError';
  declare readonly code: 'configuration-invalid';
  constructor(message: string) {
    super('configuration-invalid', message);
  }
}

const Milliseconds = intFrom(1, 'whole number of milliseconds from 1');
const PositiveInt = intFrom(1, 'whole number from 1');

const isProcesses = (u: unknown): u is number | 'auto' => u === 'auto' || PositiveInt.is(u);

/** Not a `t.union`, which would speak of both members. */
const Processes = new t.Type<number | 'auto', unknown>(
  'whole number from 1, or auto',
  isProcesses,
  (u, context) => (isProcesses(u) ? t.success(u) : t.failure(u, context)),
  t.identity,
);

const TypeSettings = closed(record('a type', {}, { concurrency: PositiveInt, retry: closed(RetryPolicy) }));

const StoreObject = closed(record('store', { adapter: t.string }, { config: t.union([t.string, JsonRecord]) }));

/** Not a `t.union`, which would speak of both members though it is plain which one was meant. */
const StoreSetting = new t.Type<string | t.TypeOf<typeof StoreObject>, unknown>(
  'address of a store, or adapter and config',
  (u): u is string | t.TypeOf<typeof StoreObject> => typeof u === 'string' || StoreObject.is(u),
  (u, context) => {
    if (typeof u === 'string') return t.success(u);
    return isPlainObject(u) ? StoreObject.validate(u, context) : t.failure(u, context);
  },
  t.identity,
);

/**
 * Every setting: its name as in Overseer's YAML, which values it may have, and its default. In JavaScript the
 * names are written in camel case (`heartbeat: { sleepTime: 1000 }`), in the environment as OVERSEER_HEARTBEAT_SLEEP_TIME.
 */
export const settings = {
  store: {
    codec: StoreSetting,
    fallback: undefined,
    means:
      'Where the log is kept: `sqlite:PATH`, `memory:`, an exported `FILE.jsonl` (to read), or `adapter` (memory, sqlite) and `config` (for sqlite: path, synchronous, busyTimeoutMs).',
  },
  namespace: {
    codec: t.string,
    fallback: 'overseer',
    means: 'Graphs of one namespace do not see those of another in the same log.',
  },
  concurrency: {
    codec: PositiveInt,
    fallback: 1,
    means: 'How many jobs one worker runs at a time. In several processes, each has a worker.',
  },
  processes: {
    codec: Processes,
    fallback: undefined,
    means:
      'How many processes the command line works in, or `auto`: as many as it may use processors. Unless set, `auto` for `worker` and 1 for `run`.',
  },
  types: {
    codec: t.record(t.string, TypeSettings, 'settings by job type'),
    fallback: {},
    means:
      'By job type: `concurrency`, how many jobs of it one worker runs at a time, and `retry`, the policy of jobs that have none of their own.',
  },
  'detector-sleep-time': {
    codec: Milliseconds,
    fallback: 2000,
    means:
      'Milliseconds after which a worker looks for new events though nothing woke it. Wake-ups are pushed; this is the safety net.',
  },
  'sleep-time': {
    codec: Milliseconds,
    fallback: 10_000,
    means: 'Milliseconds after which an idle worker says so in its log, and looks again.',
  },
  'heartbeat.sleep-time': {
    codec: Milliseconds,
    fallback: 10_000,
    means: 'Milliseconds between two heartbeats of a running job.',
  },
  'heartbeat.tolerance': {
    codec: numberBetween(1, 1_000_000, 'number from 1'),
    fallback: 3,
    means: 'How many periods a job may stay silent before it is taken from its worker.',
  },
  'heartbeat.monitor-shutdown': {
    codec: t.boolean,
    fallback: true,
    means: 'Whether a worker stops when the log has failed for the length of ten leases. Otherwise it goes on trying.',
  },
  'stop-timeout': {
    codec: intFrom(0, 'whole number of milliseconds from 0'),
    fallback: 30_000,
    means: 'Milliseconds a stopping worker waits for its running jobs before it hands them back.',
  },
  'sentry.dsn': {
    codec: t.string,
    fallback: undefined,
    means: 'Where errors of handlers are reported to. Off unless given.',
  },
  'log-level': {
    codec: t.keyof(
      { silent: null, error: null, warn: null, info: null, debug: null },
      'silent, error, warn, info or debug',
    ),
    fallback: 'info',
    means: 'What the command line writes to its log.',
  },
} as const;

export type SettingName = keyof typeof settings;
type Value<Name extends SettingName> = t.TypeOf<(typeof settings)[Name]['codec']>;

/** All settings, by name; those without a default may be undefined. */
export type Configuration = {
  readonly [Name in SettingName]:
    Value<Name> | (undefined extends (typeof settings)[Name]['fallback'] ? undefined : never);
};

const settingNames = Object.keys(settings) as readonly SettingName[];

/** The one codec: an object of settings by name, all of them optional. */
const Settings = record(
  'settings',
  {},
  Object.fromEntries(settingNames.map((name) => [name, settings[name].codec])) as {
    [Name in SettingName]: (typeof settings)[Name]['codec'];
  },
);

/** Some settings and where they come from, for messages: a file's name, "the environment", "the options of start". */
export interface Layer {
  readonly from: string;
  /** Nested as in YAML or JavaScript; keys in either spelling. Null means: not set. */
  readonly values: unknown;
}

/**
 * Merges the settings of several layers, later ones over earlier ones, all over the defaults.
 *
 * @throws ConfigurationError for a setting that is unknown (naming the nearest), or a value that is not possible
 */
export function readConfiguration(...layers: readonly Layer[]): Configuration {
  const merged: Partial<Record<SettingName, unknown>> = {};
  for (const layer of layers) Object.assign(merged, readLayer(layer));
  const defaults = Object.fromEntries(settingNames.map((name) => [name, settings[name].fallback]));
  return { ...defaults, ...merged } as Configuration;
}

/** The settings of one layer, by their names. */
export function readLayer({ from, values }: Layer): Partial<Record<SettingName, unknown>> {
  if (values === null || values === undefined) return {};
  const flat = flatten(values, '', from);
  const decoded = Settings.decode(flat);
  if (E.isLeft(decoded)) throw new ConfigurationError(`${from}: ${problems(decoded.left).join('; ')}`);
  return decoded.right;
}

function flatten(values: unknown, prefix: string, from: string): Record<string, unknown> {
  if (!isPlainObject(values)) {
    throw new ConfigurationError(
      `${from}: ${prefix === '' ? 'the settings' : prefix.slice(0, -1)} must be an object of settings`,
    );
  }
  const flat: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values)) {
    const name = prefix + kebab(key);
    const isSection = settingNames.some((known) => known.startsWith(`${name}.`));
    if (isSection) {
      if (value === null || value === undefined) continue;
      const inSection = flatten(value, `${name}.`, from);
      const twice = Object.keys(inSection).find((inner) => Object.hasOwn(flat, inner));
      if (twice !== undefined) throw setTwice(from, twice);
      Object.assign(flat, inSection);
    } else if (!Object.hasOwn(settings, name)) {
      throw new ConfigurationError(
        `${from}: there is no setting ${shownName(prefix + key)}; did you mean ${nearestTo(name, settingNames)}?`,
      );
    } else if (value !== null && value !== undefined) {
      if (Object.hasOwn(flat, name)) {
        throw setTwice(from, name);
      }
      flat[name] = value;
    }
  }
  return flat;
}

function setTwice(from: string, name: string): ConfigurationError {
  return new ConfigurationError(`${from}: ${name} is set twice, in two spellings; keep one of them`);
}

/** Settings whose values are text, as it stands; the environment gives the others as YAML: a number, true, a mapping. */
const textSettings: readonly SettingName[] = ['store', 'namespace', 'sentry.dsn', 'log-level'];

/** Variables that are no settings: of one command alone, or not part of the configuration. */
const otherVariables = ['OVERSEER_DEBUG', 'OVERSEER_UI_TOKEN'];

/**
 * What Kubernetes sets in every container beside a service whose name begins with `overseer`: nobody has written it, so
 * it cannot be a slip.
 */
const serviceVariable =
  /^OVERSEER_([A-Z\d_]+_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z\d_]+)?|PORT(_\d+_[A-Z]+(_(PROTO|PORT|ADDR))?)?)$/;

/**
 * Settings from environment variables OVERSEER_…. One that is empty counts as not set.
 *
 * @param parse reads a value that is not text, and a store that is given as `{ adapter: …, config: … }`
 * @throws ConfigurationError for a variable OVERSEER_… that is no setting, naming the nearest
 */
export function environmentLayer(
  environment: Readonly<Record<string, string | undefined>>,
  parse: (text: string) => unknown,
): Layer {
  assertVariables(environment);
  const values: Record<string, unknown> = {};
  for (const name of settingNames) {
    // A line feed at the end comes from a file, and is never meant.
    const text = environment[variableOf(name)]?.replace(/[\r\n]+$/, '');
    if (text === undefined || text === '') continue;
    const isText = textSettings.includes(name) && !(name === 'store' && isStoreObject(text));
    const value = isText ? text : parsedVariable(name, text, parse);
    const [section, key] = name.split('.');
    if (key === undefined) values[name] = value;
    else values[section!] = { ...(values[section!] as object | undefined), [key]: value };
  }
  return { from: 'the environment', values };
}

function assertVariables(environment: Readonly<Record<string, string | undefined>>): void {
  const known = [...settingNames.map(variableOf), ...otherVariables];
  const unknown = Object.entries(environment).find(
    ([name, text]) =>
      name.startsWith('OVERSEER_') && text !== '' && !known.includes(name) && !serviceVariable.test(name),
  );
  if (unknown === undefined) return;
  const [name] = unknown;
  const message = `the environment: ${shownName(name)} is not a setting; did you mean ${nearestTo(name, known)}?`;
  throw new ConfigurationError(message);
}

/** Whether a store is given as an adapter and its config, `{ adapter: sqlite, config: { path: x.db } }`: no address begins so. */
export function isStoreObject(text: string): boolean {
  return /^\s*\{/.test(text);
}

function parsedVariable(name: SettingName, text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof OverseerError)) throw error;
    throw new ConfigurationError(`the environment: ${variableOf(name)} cannot be read: ${error.message}`);
  }
}

export function variableOf(name: SettingName): string {
  return `OVERSEER_${name.replaceAll(/[.-]/g, '_').toUpperCase()}`;
}

function kebab(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
