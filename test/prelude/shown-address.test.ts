import { shownAddress, shownStore, withoutPasswords } from '../../src/prelude/shown-address.js';
import { readConfiguration } from '../../src/config/configuration.js';
import { assert, describe } from '../support/spec.js';

const shown = describe('an address as people see it');
const secret = 'hunter2';

const addresses: readonly (readonly [address: string, seen: string])[] = [
  [`esdb://admin:${secret}@host:2113`, 'esdb://admin:***@host:2113'],
  [`esdb://admin:${secret}@a:1,b:2,c?tls=true`, 'esdb://admin:***@a:1,b:2,c?tls=true'],
  [`esdb+discover://admin:${secret}@cluster`, 'esdb+discover://admin:***@cluster'],
  [`esdb://admin:x@y:${secret}@host`, 'esdb://admin:***@host'],
  [`esdb://admin:x/${secret}?#@host`, 'esdb://admin:***@host'],
  [`esdb://admin:%40${secret}@host`, 'esdb://admin:***@host'],
  [`esdb://admin:${secret} and more@host`, 'esdb://admin:***@host'],
  [`esdb://admin:"${secret}"@host`, 'esdb://admin:***@host'],
  [`esdb:admin:${secret}@host`, 'esdb:admin:***@host'],
  [`esdb://admin:${secret}`, 'esdb://admin:***'],
  [`KurrentDB://admin:${secret}@host`, 'KurrentDB://admin:***@host'],
  [`postgres://me:${secret}@host:5432/db`, 'postgres://me:***@host:5432/db'],
  [`mongodb+srv://me:${secret}@host/db?authSource=x`, 'mongodb+srv://me:***@host/db?authSource=***'],
  [`redis://:${secret}@host`, 'redis://:***@host'],
  [`https://${secret}@o1.ingest.sentry.io/42`, 'https://***@o1.ingest.sentry.io/42'],
  [`https://public:${secret}@sentry.example/1`, 'https://***@sentry.example/1'],
  [`http://me:${secret}@[::1]:9000/1`, 'http://***@[::1]:9000/1'],
  [`esdb://host?apiToken=${secret}&tls=true`, 'esdb://host?apiToken=***&tls=true'],
  [`esdb://host?password=${secret}`, 'esdb://host?password=***'],
  [`https://host/x?access_key=${secret};b=1`, 'https://host/x?access_key=***;b=1'],
];

for (const [address, seen] of addresses) {
  shown.test(address.replace(secret, 'SECRET'), () => {
    assert.is(shownAddress(address), seen);
    assert.is(shownAddress(seen), seen);
    const sentence = withoutPasswords(`cannot reach ${JSON.stringify(address)} now`);
    assert.not.match(sentence, secret);
    assert.equal(shownStore({ adapter: 'eventstoredb', config: { address, list: [address] } }), {
      adapter: 'eventstoredb',
      config: { address: seen, list: [seen] },
    });
  });
}

shown.test('what holds no secret stays as it is', () => {
  for (const address of [
    'sqlite:./overseer.db',
    'sqlite:/home/a:b@c/over seer.db',
    'sqlite:./x.db?synchronous=full',
    'memory:',
    './some/export@home.jsonl',
    'C:\\data\\export.jsonl',
    'esdb://host:2113',
    'esdb://a:1,b:2?tls=false',
    'esdb://[::1]:2113',
    'esdb://host:2113?connectionName=a@b',
    'esdb://host?userCertFile=/etc/me.crt&userKeyFile=/etc/me.key',
    'https://sentry.example/of/me@home',
    'plain words',
    '',
  ])
    assert.is(shownAddress(address), address);
});

shown.test('in a sentence only what looks like an address is changed', () => {
  assert.is(
    withoutPasswords(`1: esdb://a:${secret}@h, 2: http://${secret}@i/1; and a:b@c`),
    '1: esdb://a:***@h, 2: http://***@i/1; and a:b@c',
  );
  assert.is(withoutPasswords('see https://example.org/a@b'), 'see https://example.org/a@b');
});

shown.test('fields that are called like secrets are hidden whatever they hold', () => {
  assert.equal(shownStore({ config: { password: secret, apiToken: secret, path: 'x' } }), {
    config: { password: '***', apiToken: '***', path: 'x' },
  });
});

shown.test('a setting that is refused does not show the password in it', () => {
  for (const store of [
    [`esdb://u:${secret}@h`],
    { adapter: 7, config: `esdb://u:${secret}@h` },
    { a: `x://u:${secret}@h` },
  ]) {
    const refusal = () => readConfiguration({ from: 'the test', values: { store } });
    assert.throws(refusal, (error: Error) => !error.message.includes(secret));
  }
});

shown.run();
