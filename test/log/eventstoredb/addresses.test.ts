/** Addresses of EventStoreDB: what is understood, what is refused and why, and that no message shows a password. */
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type * as parsing from '@eventstore/db-client/dist/Client/parseConnectionString.js';
import { store } from '../../../src/index.js';
import { LogError } from '../../../src/log/event-log.js';
import { readServerAddress } from '../../../src/log/eventstoredb/address.js';
import { shownAddress } from '../../../src/prelude/shown-address.js';
import { assert, describe } from '../../support/spec.js';
import { temporaryFolder } from '../../support/stores.js';

const require = createRequire(import.meta.url);
const { parseConnectionString } =
  require('@eventstore/db-client/dist/Client/parseConnectionString.js') as typeof parsing;

/** What the client makes of an address, once it has been read here. */
const asTheClientHasIt = (address: string) => parseConnectionString(readServerAddress(address).connectionString);

function refusal(address: string): LogError {
  try {
    readServerAddress(address);
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
  throw new Error(`${address} was accepted`);
}

const understood = describe('an address of EventStoreDB that is understood');

understood.test('TLS is used unless the address says otherwise', () => {
  for (const [address, isSecure] of [
    ['esdb://host', true],
    ['esdb://host:2113?tls=true', true],
    ['esdb://host:2113/?tls=false', false],
    ['esdb://host:2113?TLS=false', false],
    ['esdb://host?tls=true&tls=false', false],
    ['esdb+discover://cluster.example', true],
  ] as const) {
    assert.is(readServerAddress(address).isSecure, isSecure, address);
    assert.is(asTheClientHasIt(address).tls ?? true, isSecure, address);
  }
});

understood.test('a user and a password, with codes for what would mean something else', () => {
  for (const [login, username, password] of [
    ['admin:changeit', 'admin', 'changeit'],
    ['us%40er:p%3A%2F%40%3Fss', 'us@er', 'p:/@?ss'],
    ['%C3%BCser:%E2%82%AC%25', 'üser', '€%'],
    ['a%20b:c%20d', 'a b', 'c d'],
    ['admin:with:colons:', 'admin', 'with:colons:'],
    ['admin:#hash', 'admin', '#hash'],
  ] as const) {
    const address = `esdb://${login}@host:2113`;
    assert.is(readServerAddress(address).user, username);
    assert.equal(asTheClientHasIt(address).defaultCredentials, { username, password }, address);
    assert.is(readServerAddress(address).shown, `esdb://${login.split(':')[0]}:***@host:2113`);
  }
  assert.is(readServerAddress('esdb://host').user, null);
});

understood.test('a cluster by its nodes, or by a name that stands for them', () => {
  const nodes = asTheClientHasIt('esdb://a:2111,b:2112,c?tls=false&nodePreference=Follower');
  assert.equal(nodes.hosts, [
    { address: 'a', port: 2111 },
    { address: 'b', port: 2112 },
    { address: 'c', port: 2113 },
  ]);
  assert.equal([nodes.dnsDiscover, nodes.nodePreference], [false, 'follower']);
  const named = asTheClientHasIt('esdb+discover://user:word@cluster.example:2113?maxDiscoverAttempts=3');
  assert.equal([named.dnsDiscover, named.maxDiscoverAttempts], [true, 3]);
});

understood.test('which node is to answer', () => {
  for (const [setting, prefersOthers] of [
    ['', false],
    ['?nodePreference=leader', false],
    ['?nodePreference=LEADER', false],
    ['?nodePreference=follower', true],
    ['?nodePreference=random', true],
    ['?nodePreference=readOnlyReplica', true],
  ] as const) {
    assert.is(readServerAddress(`esdb://a,b,c${setting}`).prefersOthers, prefersOthers, setting);
  }
});

understood.test('every setting reaches the client as it was meant, however its name is spelt', () => {
  const file = join(temporaryFolder(), 'a file, with @ & = ? % #.pem');
  writeFileSync(file, 'certificate');
  const encoded = encodeURIComponent(file);
  const { tlsCAFile, ...rest } = asTheClientHasIt(
    `esdb://host:2113?tls_ca_file=${encoded}&user-cert-file=${encoded}&userKeyFile=${encoded}&connectionName=me%40home%20%26%20away` +
      '&DEFAULTDEADLINE=5000&discoveryInterval=0&gossipTimeout=2&keepAliveInterval=-1&keepAliveTimeout=20000',
  );
  assert.is(tlsCAFile, file);
  assert.equal(
    { ...rest, hosts: null },
    {
      hosts: null,
      dnsDiscover: false,
      userCertFile: file,
      userKeyFile: file,
      connectionName: 'me@home & away',
      defaultDeadline: 5000,
      discoveryInterval: 0,
      gossipTimeout: 2,
      keepAliveInterval: -1,
      keepAliveTimeout: 20000,
    },
  );
});

understood.test('spaces around it do not matter', () => {
  assert.equal(asTheClientHasIt('  esdb://host:2113?tls=false \n').hosts, [{ address: 'host', port: 2113 }]);
});

understood.run();

const refused = describe('an address of EventStoreDB that is refused');

const wrong: readonly (readonly [address: string, why: RegExp])[] = [
  ['esdb://', /"" where a host or HOST:PORT should be/],
  ['esdb:host', /is not an EventStoreDB address; give esdb:\/\/USER:PASSWORD@HOST:PORT/],
  ['esdb://a,,c', /"" where a host/],
  ['esdb://host:port', /"host:\*\*\*" where a host/],
  ['esdb://host:0', /names port 0/],
  ['esdb://host:65536', /names port 65536/],
  ['esdb://host:2113/streams/x', /is not an EventStoreDB address/],
  ['esdb://admin@host', /names a user without a password/],
  ['esdb://admin:@host', /names a user without a password/],
  ['esdb://:word@host', /names a user without a password/],
  ['esdb://host?tsl=false', /has no setting "tsl"; did you mean tls\? There are tls, tlsCaFile/],
  ['esdb://host?tls', /tls cannot be ""/],
  ['esdb://host?tls=no', /tls cannot be "no"/],
  ['esdb://host?tlsVerifyCert=false', /tlsVerifyCert is not possible here: .*tlsCaFile=FILE/],
  ['esdb://host?throwOnAppendFailure=false', /throwOnAppendFailure is not possible here/],
  ['esdb://host?nodePreference=leaders', /nodePreference cannot be "leaders"/],
  ['esdb://host?keepAliveInterval=500', /keepAliveInterval cannot be "500"/],
  ['esdb://host?defaultDeadline=0', /defaultDeadline cannot be "0"/],
  ['esdb://host?tlsCaFile=/no/such/ca.crt', /tlsCaFile names \/no\/such\/ca.crt, and there is no such file/],
  ['esdb://host?userKeyFile=/etc/hostname', /needs userCertFile and userKeyFile together/],
  ['esdb://host?connectionName=%zz', /has a % that does not begin a code such as %40/],
];

for (const [address, why] of wrong) {
  refused.test(address, () => {
    const error = refusal(address);
    assert.is(error.code, 'store-address');
    assert.match(error.message, why);
    assert.is(error.isTransient, false);
  });
}

/** Characters in a login that would be taken for its end. */
const torn = [
  'p@X',
  'p@@X',
  'p/X',
  'p?X',
  '1?X',
  '12/X@w',
  'p@X/w?o',
  'p@X?tls=x',
  '#p@X',
  'X@',
  '@X',
  '?X=@',
  'X?tls=X@',
];
for (const word of torn) {
  refused.test(`the password ${word} needs codes, and is looked up nowhere`, () => {
    const error = refusal(`esdb://admin:${word.replaceAll('X', 'q9z')}@host:2113`);
    assert.match(error.message, /write %40 for @, %2F for \/, %3F for \?/);
    assert.not.match(error.message, 'q9z');
  });
}

refused.test('a host that was forgotten does not make the password one', () => {
  const error = refusal('esdb://admin:changeit');
  assert.match(error.message, /"admin:\*\*\*" where a host or HOST:PORT should be/);
  assert.not.match(error.message, 'changeit');
});

refused.run();

const hidden = describe('the password in an address of EventStoreDB');
const secret = 'hunter2';

/** Some are valid, most are not. Either way, nobody may see the password. */
const secretive = [
  `esdb://admin:${secret}@host:2113`,
  `esdb+discover://admin:${secret}@cluster.example`,
  `esdb://admin:x:${secret}@host`,
  `esdb://admin:x@${secret}@host`,
  `esdb://admin:x/${secret}@host`,
  `esdb://admin:x?${secret}@host`,
  `esdb://admin:%${secret}@host`,
  `esdb://admin:%zz${secret}@host`,
  `esdb://admin:${secret}@host:port`,
  `esdb://admin:${secret}@host:0`,
  `esdb://admin:${secret}@`,
  `esdb://admin:${secret}@a,,b`,
  `esdb://admin:${secret}@ho$t`,
  `esdb://admin:${secret}@ho[s]t?tls=false`,
  `esdb://:${secret}@host`,
  `esdb://admin:${secret}@host?tsl=false`,
  `esdb://admin:${secret}@host?tls=no`,
  `esdb://admin:${secret}@host?tlsVerifyCert=false`,
  `esdb://admin:${secret}@host?tlsCaFile=/no/such/file`,
  `esdb://admin:${secret}@host?connectionName=%zz`,
  `esdb://admin:${secret}@host?userKeyFile=/etc/hostname`,
  ` esdb://admin:${secret}@host`,
  `ESDB://admin:${secret}@host`,
  `esdb:admin:${secret}@host`,
  `esdb:/admin:${secret}@host`,
  `eventstoredb://admin:${secret}@host`,
];

for (const address of secretive) {
  hidden.test(`is in nothing that is shown: ${address.replace(secret, 'SECRET')}`, async () => {
    const shown = [shownAddress(address)];
    const show = (error: unknown) => shown.push(String(error), inspect(error, { depth: 10, showHidden: true }));
    try {
      shown.push(readServerAddress(address).shown);
    } catch (error) {
      show(error);
    }
    for (const given of [
      address,
      { adapter: 'eventstoredb', config: { address } },
      { adapter: 'eventstoredb', config: address },
    ]) {
      try {
        const opened = await store(given);
        shown.push(opened.address);
        await opened.close();
      } catch (error) {
        show(error);
      }
    }
    for (const text of shown) assert.not.match(text, new RegExp(secret));
  });
}

hidden.test('what is shown is still of use', () => {
  assert.is(shownAddress('esdb://admin:changeit@a:1,b:2?tls=true'), 'esdb://admin:***@a:1,b:2?tls=true');
  assert.is(shownAddress('esdb://host:2113?connectionName=a@b'), 'esdb://host:2113?connectionName=a@b');
  assert.is(shownAddress('sqlite:some/file@home.db'), 'sqlite:some/file@home.db');
});

hidden.run();
