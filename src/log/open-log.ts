import { isPlainObject } from '../prelude/json.js';
import { type EventLog, LogError } from './event-log.js';
import { shownAddress } from '../prelude/shown-address.js';
import { isServerAddress, readServerAddress } from './eventstoredb/address.js';
import { loadClientPackages } from './eventstoredb/client-packages.js';
import { openExportFile } from './export-file/export-file-log.js';
import { createMemoryLog } from './memory/memory-log.js';
import { openSqliteLog } from './sqlite/sqlite-log.js';

/** Which log to open: its address, or Overseer's adapter and config. */
export type LogAddress =
  string | { readonly adapter: string; readonly config?: Readonly<Record<string, unknown>> | string | null };

export interface OpenLogOptions {
  readonly namespace?: string;
  /** Milliseconds since the epoch, for the log's `recordedAt`. */
  readonly now?: () => number;
}

const adapters = ['memory', 'sqlite', 'eventstoredb', 'export'] as const;
const forms = 'sqlite:PATH, esdb://HOST:PORT or memory:, or an exported FILE.jsonl';

/** Opens the log that an address names. Rejects with a LogError that says what is wrong with the address. */
export async function openLog(address: LogAddress, options: OpenLogOptions = {}): Promise<EventLog> {
  const { adapter, config } = typeof address === 'string' ? parseAddress(address) : checkConfig(address);
  switch (adapter) {
    case 'memory':
      return createMemoryLog(options);
    case 'sqlite':
      return openSqliteLog({ ...options, ...sqliteConfig(config) });
    case 'eventstoredb': {
      // Its client is an optional dependency, and slow to load: only its users need it, and wait for it.
      const address = connectionString(config);
      const { shown } = readServerAddress(address);
      await loadClientPackages(shown);
      const { openEventStoreDbLog } = await import('./eventstoredb/eventstoredb-log.js');
      return openEventStoreDbLog({ ...options, address });
    }
    case 'export':
      return await openExportFile({ path: exportPath(config) });
    default:
      throw new LogError(
        'store-address',
        `there is no store adapter ${JSON.stringify(adapter)}; adapters are ${adapters.join(', ')}`,
      );
  }
}

interface Configured {
  readonly adapter: string;
  readonly config: Readonly<Record<string, unknown>>;
}

function parseAddress(address: string): Configured {
  if (isServerAddress(address)) return { adapter: 'eventstoredb', config: { address } };
  if (/\.jsonl$/i.test(address) && !/^(sqlite|memory):/.test(address))
    return { adapter: 'export', config: { path: address } };
  const [, adapter, rest] = /^([a-z]+):(.*)$/s.exec(address) ?? [];
  if (adapter === 'memory') return { adapter, config: {} };
  if (adapter !== 'sqlite') {
    throw new LogError(
      'store-address',
      `${JSON.stringify(shownAddress(address))} is not a store address; give ${forms}`,
    );
  }
  const [path = '', query = ''] = rest!.replace(/^\/\/(?=\/)/, '').split('?');
  if (path === '')
    throw new LogError('store-address', `${JSON.stringify(shownAddress(address))} names no file; give sqlite:PATH`);
  return { adapter, config: { path, ...Object.fromEntries(new URLSearchParams(query)) } };
}

function checkConfig({ adapter, config }: Exclude<LogAddress, string>): Configured {
  if (typeof adapter !== 'string' || adapter === '') {
    throw new LogError('store-address', `store.adapter is missing; adapters are ${adapters.join(', ')}`);
  }
  if (adapter === 'memory') return { adapter, config: {} };
  if (adapter === 'sqlite' && typeof config === 'string')
    return parseAddress(config.startsWith('sqlite:') ? config : `sqlite:${config}`);
  if (adapter === 'eventstoredb' && typeof config === 'string') return { adapter, config: { address: config } };
  if (adapter === 'export' && typeof config === 'string') return { adapter, config: { path: config } };
  if (adapter === 'sqlite' && !isPlainObject(config)) {
    throw new LogError('store-address', 'store.config is missing; for the adapter sqlite it is { path: FILE }');
  }
  return { adapter, config: isPlainObject(config) ? config : {} };
}

function connectionString({ address, ...rest }: Configured['config']): string {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) {
    const message = `the adapter eventstoredb has no setting ${JSON.stringify(unknown)}; it has only address, and other settings are part of that`;
    throw new LogError('store-address', message);
  }
  if (typeof address === 'string' && isServerAddress(address)) return address;
  throw new LogError(
    'store-address',
    'store.config.address is missing; for the adapter eventstoredb it is esdb://HOST:PORT',
  );
}

function exportPath({ path, ...rest }: Configured['config']): string {
  const [unknown] = Object.keys(rest);
  if (unknown === undefined && typeof path === 'string' && path !== '') return path;
  const what = unknown === undefined ? 'store.config.path is missing' : `it has no setting ${JSON.stringify(unknown)}`;
  throw new LogError('store-address', `the adapter export needs { path: FILE }, an exported file: ${what}`);
}

const sqliteKeys = ['path', 'synchronous', 'busyTimeoutMs'];

function sqliteConfig(config: Readonly<Record<string, unknown>>) {
  for (const key of Object.keys(config)) {
    if (!sqliteKeys.includes(key)) {
      throw new LogError(
        'store-address',
        `the adapter sqlite has no setting ${JSON.stringify(key)}; it has ${sqliteKeys.join(', ')}`,
      );
    }
  }
  const { path, synchronous, busyTimeoutMs } = config;
  if (typeof path !== 'string' || path === '') {
    throw new LogError('store-address', 'store.config.path is missing: name the file the store is kept in');
  }
  const mode = typeof synchronous === 'string' ? synchronous.toUpperCase() : (synchronous ?? 'FULL');
  if (mode !== 'FULL' && mode !== 'NORMAL') {
    throw new LogError('store-address', `synchronous is ${JSON.stringify(synchronous)}; it is FULL or NORMAL`);
  }
  const busyMs = busyTimeoutMs === undefined ? undefined : Number(busyTimeoutMs);
  if (busyMs !== undefined && !(Number.isSafeInteger(busyMs) && busyMs >= 0)) {
    throw new LogError(
      'store-address',
      `busyTimeoutMs is ${JSON.stringify(busyTimeoutMs)}; it is a whole number of milliseconds`,
    );
  }
  return { path, synchronous: mode, ...(busyMs === undefined ? {} : { busyTimeoutMs: busyMs }) } as const;
}
