import { unknownMember } from '../prelude/known-names.js';
import { closeTo } from '../prelude/nearest.js';
import { briefAddress } from '../prelude/shown-address.js';
import { LogError } from './event-log.js';
import { isServerAddress } from './eventstoredb/address.js';

/** What an address names: an adapter and its settings. */
export interface Configured {
  readonly adapter: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export const adapters: readonly string[] = ['memory', 'sqlite', 'eventstoredb', 'export'];
const forms = 'give sqlite:PATH, esdb://HOST:PORT or memory:, or an exported FILE.jsonl';
const sqliteSettings = ['synchronous', 'busyTimeoutMs'];

/** How an address of each scheme looks; with those of other programs that mean the same. */
const schemes: Readonly<Record<string, string>> = {
  sqlite: 'sqlite:PATH',
  sqlite3: 'sqlite:PATH',
  file: 'sqlite:PATH',
  memory: 'memory:',
  mem: 'memory:',
  esdb: 'esdb://HOST:PORT',
  'esdb+discover': 'esdb+discover://NAME',
  eventstore: 'esdb://HOST:PORT',
  eventstoredb: 'esdb://HOST:PORT',
  kurrentdb: 'esdb://HOST:PORT',
};

export function wrongAddress(message: string): LogError {
  return new LogError('store-address', message);
}

/**
 * Reads an address. It is text, taken as it stands: no part of it is a comment, and `%20` is three letters of a name.
 *
 * A path after `sqlite:` may begin with two slashes, as in the address of a web page. What follows them is the path:
 * `sqlite:///x.db` is `/x.db`, and `sqlite://x.db` is `x.db`, in the working folder.
 *
 * @throws LogError `store-address`
 */
export function parseAddress(text: string): Configured {
  // A line feed at the end comes from a file or a shell, and is never meant.
  const address = text.replace(/[\r\n]+$/, '');
  assertPlain(address);
  if (isServerAddress(address)) return { adapter: 'eventstoredb', config: { address } };
  const [, scheme, rest = ''] = /^([a-z]+):(.*)$/s.exec(address) ?? [];
  if (scheme === 'sqlite') return sqliteAddress(rest, address);
  if (scheme === 'memory') {
    if (/^(\/\/)?$/.test(rest)) return { adapter: 'memory', config: {} };
    throw wrongAddress(
      `${shown(address)} says more than memory:, and a store in memory has neither a name nor settings`,
    );
  }
  if (/\.(jsonl|html?)$/i.test(address)) return { adapter: 'export', config: { path: address } };
  throw wrongAddress(`${shown(address)} is not a store address; ${whatIsMeant(address)}`);
}

function assertPlain(address: string): void {
  if (address.trim() === '') throw wrongAddress(`the store's address is empty; ${forms}`);
  if (/\p{Cc}/u.test(address)) {
    throw wrongAddress(`${shown(address)} has a line break or another control character, and no address has one`);
  }
  if (address !== address.trim()) {
    throw wrongAddress(`${shown(address)} begins or ends with a space, which would be part of a name; leave it out`);
  }
}

function sqliteAddress(rest: string, address: string): Configured {
  const from = rest.indexOf('?');
  const path = (from < 0 ? rest : rest.slice(0, from)).replace(/^\/\//, '');
  if (path === '') throw wrongAddress(`${shown(address)} names no file; give sqlite:PATH`);
  if (from < 0) return { adapter: 'sqlite', config: { path } };
  const settings = [...new URLSearchParams(rest.slice(from + 1))];
  const config = Object.fromEntries(settings);
  const problem = unknownMember(shown(address), 'setting', config, sqliteSettings);
  if (problem !== null) {
    throw wrongAddress(`${problem}. A file with ? in its name is given as { adapter: sqlite, config: { path: FILE } }`);
  }
  if (settings.length > Object.keys(config).length) throw wrongAddress(`${shown(address)} gives a setting twice`);
  return { adapter: 'sqlite', config: { path, ...config } };
}

/** What to give in place of an address that is none. A server's address is not repeated: it may hold a password. */
function whatIsMeant(address: string): string {
  if (/^(["']).*\1$/.test(address)) return 'leave the quotes out';
  if (/^:?memory:?$/i.test(address)) return 'did you mean memory:?';
  const [, scheme, path] = /^([a-z][a-z\d+.-]+):(.*)$/is.exec(address) ?? [];
  if (scheme === undefined)
    return /\.(db|sqlite3?)$/i.test(address) ? `did you mean sqlite:${briefAddress(address)}?` : forms;
  const flat = scheme.toLowerCase();
  const near = Object.hasOwn(schemes, flat) ? flat : closeTo(flat, Object.keys(schemes));
  if (near === null) return forms;
  const form = schemes[near]!;
  return `did you mean ${form === 'sqlite:PATH' ? `sqlite:${briefAddress(path ?? '')}` : form}?`;
}

function shown(address: string): string {
  return JSON.stringify(briefAddress(address));
}
