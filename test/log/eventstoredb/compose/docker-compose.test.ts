/** docker-compose.yml is checked here without Docker; where there is Docker Compose, it is asked as well. */
import { Ajv, type ValidateFunction } from 'ajv';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { assert, describe } from '../../../support/spec.js';
import { clusterNodes, type ComposeFile, problemsOf, publishedPorts, type Service, singleNodes } from './rules.js';

const root = resolve(import.meta.dirname, '../../../..');
const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const freshFile = () => parse(text, { merge: true }) as Required<ComposeFile>;

const isComposeFile = schemaOf('compose-spec.json');

/** The schema names its own version by an address that validators know with `http:` only. */
function schemaOf(name: string): ValidateFunction {
  const { $schema: _, ...schema } = JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'));
  return new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
}

function allProblemsOf(file: ComposeFile): readonly string[] {
  if (isComposeFile(file)) return problemsOf(file);
  return (isComposeFile.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const compose = describe('docker-compose.yml');

compose.test('is a Compose file, and keeps the rules', () => {
  assert.equal(allProblemsOf(freshFile()), []);
});

compose.test('starts one node unless told otherwise, and a cluster of three when asked', () => {
  const file = freshFile();
  assert.equal(singleNodes(file), ['eventstoredb']);
  assert.equal(clusterNodes(file), ['node-1', 'node-2', 'node-3']);
});

const composeCommand = ['compose', '--file', join(root, 'docker-compose.yml')];
const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;
const takenByCompose = 'is taken by Docker Compose, with the same services';
if (hasCompose) {
  compose.test(takenByCompose, () => {
    const ask = (...words: string[]) => {
      const { status, stdout, stderr } = spawnSync('docker', [...composeCommand, ...words], { encoding: 'utf8' });
      assert.is(status, 0, stderr);
      return stdout.trim().split('\n').sort();
    };
    const file = freshFile();
    assert.equal(ask('config', '--services'), singleNodes(file));
    assert.equal(ask('--profile', 'cluster', 'config', '--services'), [...singleNodes(file), ...clusterNodes(file)]);
  });
} else compose.skip(takenByCompose, 'Docker Compose is not installed');

compose.run();

const addresses = describe('addresses of local servers');
const localAddress = /esdb:\/\/(?:localhost|127\.0\.0\.1):\d+(?:,[\w.]+:\d+)*/g;

/** The ports that a page names, one set for each address. */
function addressesIn(page: string): readonly string[] {
  const found = readFileSync(join(root, page), 'utf8').match(localAddress) ?? [];
  return found.map((address) => (address.match(/:\d+/g) ?? []).map((port) => port.slice(1)).join());
}

const file = freshFile();
const portsOf = (names: readonly string[]) => names.flatMap((name) => publishedPorts(file.services[name]!)).join();
const [single, cluster] = [portsOf(singleNodes(file)), portsOf(clusterNodes(file))];

for (const [page, named] of [
  ['README.md', [single]],
  ['docs/guide/eventstoredb.md', [single, cluster]],
  ['docker-compose.yml', [single, cluster]],
] as const) {
  addresses.test(`${page} names those that are published`, () => {
    const there = new Set(addressesIn(page));
    assert.equal(
      [...there].filter((ports) => ports !== single && ports !== cluster),
      [],
    );
    assert.equal(
      named.filter((ports) => !there.has(ports)),
      [],
    );
  });
}

addresses.run();

const mistakes = describe('a mistake in docker-compose.yml is found');

/** Changes to the file, which is parsed anew for each of them. */
type Change = (file: Required<ComposeFile>) => void;

const node1 =
  (change: (node: Service) => void): Change =>
  ({ services }) =>
    change(services['node-1']!);
/** Gives the first node other values, possible ones or not. */
const given = (values: object) => node1((node) => Object.assign(node, values));
const variable = (name: string, value: unknown) => node1((node) => Object.assign(node.environment!, { [name]: value }));

const changes: Readonly<Record<string, readonly [Change, RegExp]>> = {
  'a key that does not exist': [given({ healthchek: {} }), /node-1.*additional/],
  'a port in words': [given({ ports: 'all' }), /ports must be array/],
  'a variable that is a list': [variable('EVENTSTORE_INSECURE', ['true']), /must be/],
  'the newest image': [given({ image: 'eventstore/eventstore:latest' }), /latest is not pinned/],
  'an image without a tag': [given({ image: 'eventstore/eventstore' }), /is not pinned/],
  'an image of a whole line': [given({ image: 'eventstore/eventstore:23.10' }), /23\.10 is not pinned/],
  'another image for one node': [given({ image: 'eventstore/eventstore:23.10.0-jammy' }), /different images/],
  'a port on every address': [given({ ports: ['2211:2113'] }), /node-1 publishes 2211:2113/],
  'a port on an address of the network': [given({ ports: ['0.0.0.0:2211:2113'] }), /publishes 0\.0/],
  'a port that another has': [given({ ports: ['127.0.0.1:2113:2113'] }), /the same port/],
  'no port': [given({ ports: [] }), /node-1 does not publish one port/],
  'no healthcheck': [node1((node) => delete node.healthcheck), /node-1 has no healthcheck/],
  'a healthcheck that is off': [node1((node) => (node.healthcheck!.disable = true)), /node-1 has no healthcheck/],
  'a healthcheck of something else': [given({ healthcheck: { test: ['CMD', 'true'] } }), /node-1 has no healthcheck/],
  'a volume that is not declared': [({ volumes }) => delete volumes['data-1'], /data-1 is not declared/],
  'a volume that is not used': [({ volumes }) => (volumes['more'] = null), /more is not used/],
  'no volume for the data': [node1((node) => node.volumes!.shift()), /node-1 keeps \/var\/lib\/eventstore in no named/],
  'a folder in place of a volume': [
    node1((node) => (node.volumes![0] = './data:/var/lib/eventstore')),
    /node-1 keeps \/var\/lib\/eventstore in no named/,
  ],
  'a volume for two nodes': [node1((node) => (node.volumes![0] = 'data-2:/var/lib/eventstore')), /share a volume/],
  'no restart': [node1((node) => delete node.restart), /node-1 is not started again/],
  'no time to stop': [node1((node) => delete node.stop_grace_period), /node-1 is not given time/],
  'no limit of memory': [node1((node) => delete node.mem_limit), /node-1 has no limit/],
  'no projections': [variable('EVENTSTORE_RUN_PROJECTIONS', 'None'), /RUN_PROJECTIONS to All/],
  'no standard projections': [variable('EVENTSTORE_START_STANDARD_PROJECTIONS', 'false'), /START_STANDARD/],
  telemetry: [variable('EVENTSTORE_TELEMETRY_OPTOUT', 'false'), /TELEMETRY_OPTOUT/],
  'a variable the server does not know': [variable('EVENTSTORE_CLUSTER_SISE', '3'), /does not know/],
  'a node of a cluster of one': [variable('EVENTSTORE_CLUSTER_SIZE', '1'), /CLUSTER_SIZE to 3/],
  'a node that does not seek the others': [variable('EVENTSTORE_GOSSIP_SEED', 'node-2:2113'), /GOSSIP_SEED/],
  'a node under another’s name': [variable('EVENTSTORE_NODE_HOST_ADVERTISE_AS', 'node-2'), /to node-1/],
  'a port that clients are told wrongly': [
    variable('EVENTSTORE_ADVERTISE_NODE_PORT_TO_CLIENT_AS', '2113'),
    /NODE_PORT_TO_CLIENT_AS to 2211/,
  ],
  'a fourth node': [({ services }) => (services['node-4'] = structuredClone(services['node-3']!)), /4 services/],
  'a second single node': [node1((node) => delete node.profiles), /2 services start without a profile/],
  'a single node that waits for others': [
    ({ services }) => (services['eventstoredb']!.environment!['EVENTSTORE_CLUSTER_SIZE'] = '3'),
    /waits for a cluster/,
  ],
  'a service in another profile': [
    ({ services }) => (services['more'] = { ...services['node-1'], profiles: ['more'] }),
    /another profile/,
  ],
};

for (const [mistake, [change, problem]] of Object.entries(changes)) {
  mistakes.test(mistake, () => {
    const changed = freshFile();
    change(changed);
    const problems = allProblemsOf(changed);
    assert.ok(
      problems.some((each) => problem.test(each)),
      problems.join('\n') || 'nothing was found',
    );
  });
}

mistakes.run();
