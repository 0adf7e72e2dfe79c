import { isPlainObject } from './json.js';

/**
 * What addresses look like to people. Whatever goes into a message, a log, a list or a hint passes by here, so that a
 * password is seen nowhere. Where it is not certain what is a password, more is hidden rather than less.
 */

const hidden = '***';
const scheme = /^\s*([a-z][a-z\d+.-]*):\/*/i;
/** Addresses of files: an @ or a colon in a path is a part of its name. */
const fileSchemes = /^(sqlite|memory|file)$/i;
/** Where the name in front of the @ is a key: a DSN of Sentry, a token of a web service. */
const keyedSchemes = /^(https?|wss?)$/i;
const serverSchemes = /^(esdb|eventstoredb|kurrentdb|kdb)/i;
/** Settings behind a `?` that hold a secret themselves, and not the name of a file with one. */
const secretSetting = /(^|[?&;])([^=&;?]*(?:pass|pwd|secret|token|key|credential|auth|signature)[^=&;?]*)=([^&;]*)/gi;
const namesFile = /file$/i;
const secretName = /pass|pwd|secret|token|credential|dsn/i;

/** An address without its password, also where it is no proper address. Text without one stays as it is. */
export function shownAddress(address: string): string {
  const [prefix, name = ''] = scheme.exec(address) ?? [];
  if (prefix === undefined || fileSchemes.test(name)) return withoutSecretSettings(address);
  return withoutSecretSettings(`${prefix}${withoutLogin(address.slice(prefix.length), name)}`);
}

/** An address, or what stands in its place in a configuration, in the same form. */
export function shownStore<A>(store: A): A {
  const shown = (value: unknown, name: string): unknown => {
    if (typeof value === 'string') return secretName.test(name) ? hidden : shownAddress(value);
    if (Array.isArray(value)) return value.map((each) => shown(each, name));
    if (!isPlainObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shown(each, key)]));
  };
  return shown(store, '') as A;
}

/** A sentence in which addresses may stand, without the passwords these hold. */
export function withoutPasswords(text: string): string {
  return text
    .replaceAll(/"[a-z][a-z\d+.-]*:\/(?:[^"\\]|\\.)*"/gi, (quoted) =>
      shownAddress(quoted.slice(1, -1)).replace(/^|$/g, '"'),
    )
    .replaceAll(/\b(?:[a-z][a-z\d+.-]*:\/\/|(?:esdb|eventstoredb)[a-z+]*:)[^\s"]+/gi, shownAddress);
}

/**
 * The last @ ends the login: a password may hold others, and nobody is to see the rest of it. A host with a port looks
 * like a user with a password, and is told from one by what follows.
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

/** Where a port is no number, a host may have been forgotten behind a user and a password. */
function withoutOddPort(rest: string): string {
  return rest.replace(/^([^:@/?,[]+):(?!\d+([,/?]|$)).*$/s, `$1:${hidden}`);
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
