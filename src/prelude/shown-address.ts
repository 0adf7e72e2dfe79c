import { isPlainObject } from './json.js';

/**
 * How addresses are shown to people. Every address in a message, a log, a list or a hint passes through here, so that no
 * password is shown. If it is not certain what is a password, too much is hidden rather than too little.
 */

const hidden = '***';
const scheme = /^\s*([a-z][a-z\d+.-]*):\/*/i;
/** Addresses of files: an @ or a colon in a path is a part of its name. */
const fileSchemes = /^(sqlite|memory|file)$/i;
/** Where the name in front of the @ is a key: a DSN of Sentry, a token of a web service. */
const keyedSchemes = /^(https?|wss?)$/i;
const serverSchemes = /^(esdb|eventstoredb|kurrentdb|kdb)/i;
/** Settings after a `?` that hold a secret themselves, and not the name of a file with one. */
const secretSetting = /(^|[?&;])([^=&;?]*(?:pass|pwd|secret|token|key|credential|auth|signature)[^=&;?]*)=([^&;]*)/gi;
const namesFile = /file$/i;
const secretName = /pass|pwd|secret|token|credential|dsn/i;

/** An address without its password, even if it is not a valid address. Text without one stays as it is. */
export function shownAddress(address: string): string {
  const [prefix, name = ''] = scheme.exec(address) ?? [];
  if (prefix === undefined || fileSchemes.test(name)) return withoutSecretSettings(address);
  return withoutSecretSettings(`${prefix}${withoutLogin(address.slice(prefix.length), name)}`);
}

const briefMax = 500;

/** The same in a sentence: cut if it is longer than any address. */
export function briefAddress(address: string): string {
  const shown = shownAddress(address);
  return shown.length > briefMax ? `${shown.slice(0, briefMax - 1)}…` : shown;
}

/** An address, or the configuration in place of one, in the same form. */
export function shownStore<A>(store: A): A {
  const shown = (value: unknown, name: string): unknown => {
    if (typeof value === 'string') return secretName.test(name) ? hidden : shownAddress(value);
    if (Array.isArray(value)) return value.map((each) => shown(each, name));
    if (!isPlainObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shown(each, key)]));
  };
  return shown(store, '') as A;
}

/** A sentence that may contain addresses, without their passwords. */
export function withoutPasswords(text: string): string {
  return withoutPasswordsInQuotes(text).replaceAll(
    /\b(?:[a-z][a-z\d+.-]{0,30}:\/\/|(?:esdb|eventstoredb)[a-z+]{0,20}:)[^\s"]+/gi,
    shownAddress,
  );
}

/** One pass, however many quotes are opened and never closed. */
function withoutPasswordsInQuotes(text: string): string {
  const opening = /"(?=[a-z][a-z\d+.-]{0,30}:\/)/gi;
  const rest = /(?:[^"\\]|\\.)*(?=")/y;
  let shown = '';
  let done = 0;
  for (let opened = opening.exec(text); opened !== null; opened = opening.exec(text)) {
    rest.lastIndex = opening.lastIndex;
    const address = rest.exec(text)?.[0];
    // If this quote is not closed, no later one is.
    if (address === undefined) break;
    shown += `${text.slice(done, opening.lastIndex)}${shownAddress(address)}`;
    done = rest.lastIndex;
    opening.lastIndex = done + 1;
  }
  return `${shown}${text.slice(done)}`;
}

/**
 * The last @ ends the login: a password may hold others, and no part of it may be shown. A host with a port looks like
 * a user with a password; what follows tells them apart.
 */
function withoutLogin(rest: string, name: string): string {
  const end = rest.lastIndexOf('@');
  if (beginsWithHost(rest)) return rest;
  if (end < 0) return serverSchemes.test(name) ? withoutOddPort(rest) : rest;
  const colon = rest.indexOf(':');
  const hasPassword = colon >= 0 && colon < end;
  if (keyedSchemes.test(name)) return beginsWithPath(rest, end) ? rest : `${hidden}${rest.slice(end)}`;
  if (!hasPassword) return rest;
  // A user's name ends at the first of these; what stands between it and the colon may be the password already.
  const user = serverSchemes.test(name) ? /^[^:@/]*/.exec(rest)![0] : /^[^:@/?#]*/.exec(rest)![0];
  return `${user}:${hidden}${rest.slice(end)}`;
}

/** If a port is not a number, the host may be missing after a user and a password. Our own advice says `HOST:PORT`. */
function withoutOddPort(rest: string): string {
  return rest.replace(/^([^:@/?,[]+):(?!\d+(?:[,/?]|$)|PORT\b).*$/s, `$1:${hidden}`);
}

function beginsWithHost(rest: string): boolean {
  return /^[^:@/?]+:\d+(,|\/?$|\/?\?([^@=]+=.*)?$)/s.test(rest);
}

/** `https://host/path@2`: the @ belongs to the path, and nothing in front of it could be a key. */
function beginsWithPath(rest: string, end: number): boolean {
  return /^[^:@/]*(:\d+)?\//.test(rest.slice(0, end));
}

function withoutSecretSettings(address: string): string {
  const query = address.indexOf('?');
  if (query < 0) return address;
  const shown = address
    .slice(query)
    .replaceAll(secretSetting, (all, before: string, name: string) =>
      namesFile.test(name) ? all : `${before}${name}=${hidden}`,
    );
  return `${address.slice(0, query)}${shown}`;
}
