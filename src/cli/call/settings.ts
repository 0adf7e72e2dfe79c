import { existsSync } from 'node:fs';
import {
  type Configuration,
  ConfigurationError,
  environmentLayer,
  isStoreObject,
  type Layer,
  readConfiguration,
  readLayer,
  type SettingName,
  settings,
} from '../../config/configuration.js';
import { placeOf } from '../../prelude/json-text.js';
import { store, type Store } from '../../store/store.js';
import type { WorkerOptions } from '../../worker/worker.js';
import { fileBytesMax, parseSetting, readDataFile, readTextFile, shownPath } from '../input/data-file.js';
import { UsageError } from '../failure.js';

/** Options that every command has. */
export interface CommonOptions {
  readonly store?: string;
  readonly namespace?: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** Options of commands that work on jobs. */
export interface WorkOptions extends CommonOptions {
  readonly concurrency?: string;
  readonly processes?: string;
  readonly logLevel?: string;
}

/** The settings in effect, and where each comes from. */
export interface SettingsInEffect {
  readonly values: Configuration;
  /** By setting: a file's name, "the environment", "the command line", or "default". */
  readonly from: Readonly<Record<SettingName, string>>;
}

const defaultFile = './overseer.yml';
const defaultStore = 'sqlite:./overseer.db';

/**
 * The settings in effect, from the defaults, the file, the environment and the flags; later ones override earlier ones.
 *
 * @throws ConfigurationError, or a UsageError for a file that cannot be read
 */
export function readSettings(options: WorkOptions, environment: NodeJS.ProcessEnv = process.env): SettingsInEffect {
  const layers = [
    { from: 'default', values: { store: defaultStore } },
    fileLayer(options.config),
    environmentLayer(environment, parseSetting),
    flagLayer(options),
  ];
  const values = readConfiguration(...layers);
  const from = Object.fromEntries(Object.keys(settings).map((name) => [name, 'default'])) as Record<
    SettingName,
    string
  >;
  for (const layer of layers) {
    for (const name of Object.keys(readLayer(layer)) as SettingName[]) from[name] = layer.from;
  }
  return { values, from };
}

function fileLayer(file: string | undefined): Layer {
  if (file === undefined && !existsSync(defaultFile)) return { from: defaultFile, values: null };
  const path = file ?? defaultFile;
  try {
    assertAddressesWhole(path);
    return { from: shownPath(path), values: readDataFile(path) };
  } catch (error) {
    if (error instanceof UsageError)
      throw new UsageError(error.code, `the configuration cannot be read: ${error.message}`);
    throw error;
  }
}

/**
 * Addresses that YAML reads as something else. A # after a space begins a comment; if no space follows, it is rather a part
 * of the address, such as `sqlite:./my #1 jobs.db`, and another file would be opened without it. A colon at the end makes a
 * key.
 */
const tornAddress =
  /^[ \t]*(?:store|config|path|address):[ \t]+(?:[^'"{[&*!|>#\s][^\n]*?[ \t]#\S[^\n]*|memory:[ \t]*\r?)$/m;

function assertAddressesWhole(path: string): void {
  if (/\.json$/i.test(path)) return;
  const text = readTextFile(path, fileBytesMax.yaml);
  const torn = tornAddress.exec(text);
  if (torn === null) return;
  const { line } = placeOf(text, torn.index);
  const what = torn[0].includes('#') ? 'a # after a space begins a comment' : 'a colon at the end makes a key';
  const message = `${shownPath(path)}:${line}: ${what} in YAML: ${torn[0].trim()}; put the address in quotes`;
  throw new UsageError('setting-invalid', message);
}

function flagLayer({ store, namespace, concurrency, processes, logLevel }: WorkOptions): Layer {
  const values = {
    store: store !== undefined && isStoreObject(store) ? parseSetting(store) : store,
    namespace,
    concurrency: concurrency === undefined ? undefined : parseSetting(concurrency),
    processes: processes === undefined ? undefined : parseSetting(processes),
    'log-level': logLevel,
  };
  return { from: 'the command line', values };
}

/**
 * Opens the store the settings name, without creating it.
 *
 * @throws LogError, ConfigurationError
 */
export async function openStore({ values }: SettingsInEffect): Promise<Store> {
  if (values.store === undefined) throw new ConfigurationError('no store is set; name one with --store');
  return await store(values.store, { namespace: values.namespace });
}

/** The settings as `start` takes them. */
export function workerOptions(values: Configuration): WorkerOptions {
  return {
    concurrency: values.concurrency,
    types: values.types,
    detectorSleepTime: values['detector-sleep-time'],
    sleepTime: values['sleep-time'],
    heartbeat: {
      sleepTime: values['heartbeat.sleep-time'],
      tolerance: values['heartbeat.tolerance'],
      monitorShutdown: values['heartbeat.monitor-shutdown'],
    },
    sentry: { dsn: values['sentry.dsn'] ?? null },
    stopTimeout: values['stop-timeout'],
  };
}
