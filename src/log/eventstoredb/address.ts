import { existsSync } from 'node:fs';
import { meantAmong, shownName } from '../../prelude/known-names.js';
import { briefAddress } from '../../prelude/shown-address.js';
import { LogError } from '../event-log.js';

/** The settings of a connection string that make sense here, as the client spells them, and the form of their values. */
const settings: Readonly<Record<string, RegExp>> = {
  tls: /^(true|false)$/,
  tlsCaFile: /./,
  userCertFile: /./,
  userKeyFile: /./,
  nodePreference: /^(leader|follower|random|readonlyreplica)$/i,
  connectionName: /./,
  defaultDeadline: /^[1-9]\d*$/,
  discoveryInterval: /^\d+$/,
  gossipTimeout: /^[1-9]\d*$/,
  maxDiscoverAttempts: /^[1-9]\d*$/,
  keepAliveInterval: /^(-1|\d{5,})$/,
  keepAliveTimeout: /^(-1|\d+)$/,
};

/** Settings that name a file. */
const files = ['tlsCaFile', 'userCertFile', 'userKeyFile'];

/** The client's settings that would break a promise of this engine, and why. */
const refused: Readonly<Record<string, string>> = {
  tlsverifycert: 'the client always checks certificates; name your own authority with tlsCaFile=FILE',
  throwonappendfailure: 'the engine handles refused appends itself',
};

export interface ServerAddress {
  /** For the client. */
  readonly connectionString: string;
  /** For people: without a password. */
  readonly shown: string;
  /** The user of the address; null if it names none. */
  readonly user: string | null;
  readonly isSecure: boolean;
  /** Whether the address asks for nodes other than the leader. */
  readonly prefersOthers: boolean;
}

export const isServerAddress = (address: string) => /^esdb(\+discover)?:/.test(address);

const form =
  'esdb://USER:PASSWORD@HOST:PORT, esdb://HOST1,HOST2,HOST3 or esdb+discover://NAME, with settings such as ?tls=false';

/** Checks a connection string before the client does: the client only warns of settings that it does not know. */
export function readServerAddress(address: string): ServerAddress {
  const match = /^(esdb(?:\+discover)?):\/\/(?:([^@/?]*)@)?([^/?]*)\/?(?:\?(.*))?$/s.exec(address.trim());
  const shown = briefAddress(address.trim());
  // Half a character has no code.
  if (/\p{Cs}/u.test(address)) throw bad(`${JSON.stringify(shown)} is not well-formed Unicode`);
  if (match === null && address.includes('@')) throw bad(`${shown} is not an EventStoreDB address: ${codesNeeded}`);
  if (match === null) throw bad(`${JSON.stringify(shown)} is not an EventStoreDB address; give ${form}`);
  const [, scheme = '', login, hosts = '', query = ''] = match;
  if (hosts.includes('@')) throw bad(`${shown} names no host: ${codesNeeded}`);
  if (login !== undefined && !/^[^:]+:.+$/s.test(login)) throw bad(`${shown} names a user without a password`);
  checkHosts(hosts, query.includes('@'), shown);
  const given = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => readSetting(pair, shown));
  const value = (name: string) => given.findLast(([each]) => each === name)?.[1];
  if ((value('userCertFile') === undefined) !== (value('userKeyFile') === undefined)) {
    throw bad(`${shown} needs userCertFile and userKeyFile together`);
  }
  const rest = given.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join('&');
  const [user = '', ...password] = login === undefined ? [] : decoded(login, shown).split(':');
  const at = login === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password.join(':'))}@`;
  return {
    connectionString: `${scheme}://${at}${hosts}${rest === '' ? '' : `?${rest}`}`,
    shown,
    user: login === undefined ? null : user,
    isSecure: value('tls') !== 'false',
    prefersOthers: (value('nodePreference') ?? 'leader').toLowerCase() !== 'leader',
  };
}

const codesNeeded =
  'the user or password seems to contain a special character; write %40 for @, %2F for /, %3F for ? and %25 for %';

/** @param isTorn whether what looks like hosts may be the start of a password, which must not be shown */
function checkHosts(hosts: string, isTorn: boolean, shown: string): void {
  for (const host of hosts.split(',')) {
    const [, name = '', port] = /^([^:]*)(?::(\d+))?$/.exec(host.trim()) ?? [];
    if (name === '' && isTorn) throw bad(`${shown} names no host: ${codesNeeded}`);
    if (name === '') {
      const seen = shownName(host.replace(/:.*/s, ':***'));
      throw bad(`${shown} has ${seen} where a host or HOST:PORT should be; give ${form}`);
    }
    if (port !== undefined && (Number(port) < 1 || Number(port) > 65535))
      throw bad(`${shown} names port ${port.slice(0, 20)}`);
  }
}

function readSetting(pair: string, shown: string): readonly [string, string] {
  const [, name = pair, encoded = ''] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
  const flat = name.toLowerCase().replaceAll(/[_-]/g, '');
  if (flat in refused) throw bad(`${shown}: ${name} is not possible here: ${refused[flat]}`);
  const known = Object.keys(settings).find((setting) => setting.toLowerCase() === flat);
  const isGood = known !== undefined && settings[known]!.test(decoded(encoded, shown));
  // The rest of a password with a ? in it looks like a setting, and must not be shown.
  if (!isGood && pair.includes('@')) throw bad(`${shown} has no such settings: ${codesNeeded}`);
  if (known === undefined) {
    throw bad(`${shown} has no setting ${shownName(name)}; ${meantAmong(name, Object.keys(settings))}`);
  }
  const text = decoded(encoded, shown);
  if (!settings[known]!.test(text)) throw bad(`${shown}: ${name} cannot be ${shownName(text)}`);
  if (files.includes(known) && !existsSync(text))
    throw bad(`${shown}: ${name} names ${text.slice(0, 500)}, and there is no such file`);
  return [known, text];
}

function decoded(text: string, shown: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw bad(`${shown} has a % that does not begin a code such as %40; write %25 for the character %`);
  }
}

function bad(message: string): LogError {
  return new LogError('store-address', message);
}
