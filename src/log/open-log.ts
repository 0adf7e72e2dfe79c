import { isPlainObject } from '../prelude/json.js';
import { meantAmong, shownId, shownName, shownValue, unknownMember } from '../prelude/known-names.js';
import { briefAddress } from '../prelude/shown-address.js';
import type { EventLog } from './event-log.js';
import { isServerAddress, readServerAddress } from './eventstoredb/address.js';
import { loadClientPackages } from './eventstoredb/client-packages.js';
import { openSqliteLog } from './sqlite/sqlite-log.js';
import { adapters, type Configured, parseAddress, wrongAddress } from './store-address.js';

/** Which log to open: its address, or Overseer's adapter and config. */
export type LogAddress =
  string | { readonly adapter: string; readonly config?: Readonly<Record<string, unknown>> | string | null };

export interface OpenLogOptions {
  readonly namespace?: string;
  /** Milliseconds since the epoch, for the log's `recordedAt`. */
  readonly now?: () => number;
}

/** Opens the log that an address names. Rejects with a LogError that says what is wrong with the address. */
export async function openLog(address: LogAddress, options: OpenLogOptions = {}): Promise<EventLog> {
  const { adapter, config } = typeof address === 'string' ? parseAddress(address) : checkConfig(address);
  switch (adapter) {
    case 'memory': {
      const { createMemoryLog } = await import('./memory/memory-log.js');
      return createMemoryLog(options);
    }
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
    case 'export': {
      const { openExportFile } = await import('./export-file/export-file-log.js');
      return await openExportFile({ path: exportPath(config) });
    }
    default:
      throw wrongAddress(`there is no store adapter ${shownName(adapter)}; ${meantAmong(adapter, adapters)}`);
  }
}

/** Whether an address names a store in memory, which no other process can see. */
export function isMemoryAddress(address: LogAddress): boolean {
  return (typeof address === 'string' ? parseAddress(address) : address).adapter === 'memory';
}

function checkConfig(address: Exclude<LogAddress, string>): Configured {
  if (!isPlainObject(address)) throw wrongAddress('the store has no address; give sqlite:PATH');
  const { adapter, config } = address;
  if (typeof adapter !== 'string' || adapter === '') {
    throw wrongAddress(`store.adapter is missing; adapters are ${adapters.join(', ')}`);
  }
  refuseMembers('store', address, ['adapter', 'config']);
  if (adapter === 'sqlite' && typeof config === 'string')
    return parseAddress(config.startsWith('sqlite:') ? config : `sqlite:${config}`);
  if (adapter === 'eventstoredb' && typeof config === 'string') return { adapter, config: { address: config } };
  if (adapter === 'export' && typeof config === 'string') return { adapter, config: { path: config } };
  if (adapter === 'memory') {
    const isNothing = config === undefined || config === null || config === '';
    if (!isNothing && (typeof config === 'string' || Object.keys(config).length > 0))
      throw wrongAddress('the adapter memory has no settings; leave store.config out');
    return { adapter, config: {} };
  }
  if (adapter === 'sqlite' && !isPlainObject(config)) {
    throw wrongAddress('store.config is missing; for the adapter sqlite it is { path: FILE }');
  }
  return { adapter, config: isPlainObject(config) ? config : {} };
}

function connectionString({ address, ...rest }: Configured['config']): string {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) {
    throw wrongAddress(
      `the adapter eventstoredb has no setting ${shownName(unknown)}; it has only address, and other settings are part of that`,
    );
  }
  if (typeof address === 'string' && isServerAddress(address)) return address;
  throw wrongAddress('store.config.address is missing; for the adapter eventstoredb it is esdb://HOST:PORT');
}

function exportPath({ path, ...rest }: Configured['config']): string {
  const [unknown] = Object.keys(rest);
  if (unknown === undefined && typeof path === 'string' && path !== '') return path;
  const what = unknown === undefined ? 'store.config.path is missing' : `it has no setting ${shownName(unknown)}`;
  throw wrongAddress(`the adapter export needs { path: FILE }, an exported file: ${what}`);
}

function sqliteConfig(config: Readonly<Record<string, unknown>>) {
  refuseMembers('the adapter sqlite', config, ['path', 'synchronous', 'busyTimeoutMs']);
  const { path, synchronous, busyTimeoutMs } = config;
  if (typeof path !== 'string' || path === '') {
    throw wrongAddress('store.config.path is missing: name the file the store is kept in');
  }
  // SQLite's own names for a database that is gone when it is closed, and for an address.
  if (/^:?memory:$/.test(path)) {
    throw wrongAddress(`sqlite keeps a store in a file, and ${path} is none; for a store in memory give memory:`);
  }
  if (/^file:/.test(path)) {
    const file = path.replace(/^file:(\/\/(?=\/))?/, '').replace(/\?.*/s, '');
    throw wrongAddress(
      `${shownId(path)} is an address, where the name of a file should be; give sqlite:${briefAddress(file)}`,
    );
  }
  const mode = typeof synchronous === 'string' ? synchronous.toUpperCase() : (synchronous ?? 'FULL');
  if (mode !== 'FULL' && mode !== 'NORMAL') {
    throw wrongAddress(`synchronous is ${shownValue(synchronous)}; it is FULL or NORMAL`);
  }
  const busyMs = typeof busyTimeoutMs === 'string' && busyTimeoutMs !== '' ? Number(busyTimeoutMs) : busyTimeoutMs;
  if (busyMs !== undefined && !isMilliseconds(busyMs)) {
    throw wrongAddress(`busyTimeoutMs is ${shownValue(busyTimeoutMs)}; it is a whole number of milliseconds`);
  }
  return { path, synchronous: mode, ...(busyMs === undefined ? {} : { busyTimeoutMs: busyMs }) } as const;
}

function refuseMembers(whose: string, value: object, known: readonly string[]): void {
  const problem = unknownMember(whose, 'setting', value, known);
  if (problem !== null) throw wrongAddress(problem);
}

function isMilliseconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
