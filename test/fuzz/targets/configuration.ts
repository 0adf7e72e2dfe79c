/** Addresses, settings from files, variables and flags, and graph files. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readSettings } from '../../../src/cli/call/settings.js';
import { parseSetting } from '../../../src/cli/input/data-file.js';
import { readWorkFile } from '../../../src/cli/input/work-file.js';
import { type Configuration, environmentLayer, readConfiguration } from '../../../src/config/configuration.js';
import { RetryPolicy } from '../../../src/domain/events.js';
import { afterAttempt, longestDelayMs } from '../../../src/domain/retry-policy.js';
import { graphInfo, type JobGraph, transactGraph } from '../../../src/index.js';
import { readServerAddress } from '../../../src/log/eventstoredb/address.js';
import { openLog } from '../../../src/log/open-log.js';
import { parseAddress } from '../../../src/log/store-address.js';
import { shownAddress, withoutPasswords } from '../../../src/prelude/shown-address.js';
import { folderIn, freshStore, temporaryFolder } from '../../support/stores.js';
import { json, text, words } from '../inputs.js';
import { accepted, demand, refused, target } from '../target.js';

const secret = 'Hunter2.4711';

/** Where the secret stands for certain where passwords stand, whatever is around it. */
const isPassword = new RegExp(
  `^(esdb|kurrentdb|postgres)(\\+discover)?://[a-z]+:${secret}@[a-z]|^https://${secret}@[a-z]|^(esdb|https)://[a-z]+\\?([a-z]+=[a-z]+&)*(password|apiToken)=${secret}(&|$)`,
);
const secretsInAddress = (address: string) =>
  isPassword.test(address) && address.split(secret).length === 2 ? [secret] : [];

const addressSeeds = [
  `esdb://admin:${secret}@host:2113?tls=false`,
  `esdb+discover://admin:${secret}@cluster?nodePreference=follower&connectionName=x`,
  `esdb://a:1,b:2,c:3?keepAliveInterval=10000`,
  `https://${secret}@sentry.example/1`,
  `esdb://host?apiToken=${secret}&tls=true`,
  'sqlite:./overseer.db?synchronous=NORMAL&busyTimeoutMs=10',
  'sqlite:///tmp/none/x.db',
  'memory:',
  './export.jsonl',
];
const addressWords = [
  'esdb://',
  '?tls=false',
  '&',
  '@',
  ':',
  `admin:${secret}@`,
  'host',
  '%40',
  '%zz',
  'sqlite:',
  '?synchronous=',
  '.jsonl',
  '"a:/\\',
  'a://',
  ',',
];

const sandbox = temporaryFolder();
const inside = folderIn(sandbox, 'inside');

/** Nothing may be written beside the files of the targets. */
function assertNothingElse(): void {
  const there = readdirSync(sandbox, { recursive: true }).map(String).sort();
  const ours = ['inside', 'inside/graph.json', 'inside/graph.yaml', 'inside/settings.yml'];
  const others = there.filter((name) => !ours.includes(name));
  demand(others.length === 0, `it has written ${others.join(', ')}`);
}

const storeAddress = target({
  name: 'store-address',
  kind: text,
  seeds: addressSeeds,
  words: addressWords,
  inputs: 2500,
  secretsIn: secretsInAddress,
  async decode(input) {
    const { adapter, config } = parseAddress(input);
    if (adapter === 'eventstoredb') {
      const { connectionString, shown } = readServerAddress(String(config['address']));
      const again = readServerAddress(connectionString);
      demand(again.connectionString === connectionString, 'the connection string is read as another one');
      return accepted(shown);
    }
    if (adapter === 'sqlite') {
      // A folder of its own: a name must not create anything.
      const path = join(
        inside,
        String(config['path'])
          .replaceAll(/[/\\]|\.\./g, '_')
          .slice(0, 200),
      );
      const log = await openLog({ adapter, config: { ...config, path } });
      await log.close();
      assertNothingElse();
    }
    return accepted(shownAddress(input).slice(0, 3000));
  },
});

const shownAddresses = target({
  name: 'shown-address',
  kind: text,
  seeds: [
    ...addressSeeds,
    `cannot reach "esdb://admin:${secret}@host" now`,
    '"a:/\\"a:/\\"a:/',
    'see https://sentry.example/of/me@home',
  ],
  words: addressWords,
  inputs: 2500,
  isTotal: true,
  secretsIn: secretsInAddress,
  decode(input) {
    const shown = shownAddress(input);
    demand(shownAddress(shown) === shown, 'what is shown is shown as something else');
    const told = withoutPasswords(`cannot reach ${JSON.stringify(input)} now`);
    return accepted(shown.slice(0, 3000), told.slice(0, 3000));
  },
});

/** The settings in effect, as a file would give them. */
function nested(values: Configuration): Record<string, unknown> {
  const flat: Record<string, Record<string, unknown>> = {};
  for (const [name, value] of Object.entries(values)) {
    const [section, key] = name.split('.') as [string, string | undefined];
    if (key === undefined) flat[section] = value as Record<string, unknown>;
    else flat[section] = { ...flat[section], [key]: value };
  }
  return flat;
}

function assertSameAgain(values: Configuration): void {
  const again = readConfiguration({ from: 'again', values: JSON.parse(JSON.stringify(nested(values))) as unknown });
  demand(
    isDeepStrictEqual(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(values))),
    'read again, they are others',
  );
}

const settingWords = [
  'store:',
  'namespace:',
  'concurrency:',
  'types:',
  'heartbeat:',
  'sleep-time:',
  'sleepTime:',
  'tolerance:',
  'sentry:',
  'dsn:',
  'retry:',
  'log-level:',
  'adapter: sqlite',
  'config: {path: x.db}',
  'null',
  '\n  ',
  ': ',
  secret,
];

const settingsFile = target({
  name: 'settings-file',
  kind: text,
  seeds: [
    `store: esdb://admin:${secret}@host:2113\nnamespace: night\nconcurrency: 4\nheartbeat:\n  sleep-time: 1000\n  tolerance: 2.5\nsentry:\n  dsn: https://${secret}@sentry.example/1\n`,
    'store:\n  adapter: sqlite\n  config: {path: ./x.db, synchronous: NORMAL}\ntypes:\n  fetch: {concurrency: 2, retry: {maximumAttempts: 3, jitter: 0.1}}\nlog-level: debug\n',
    '{"sleepTime": 5, "heartbeat": {"monitorShutdown": false}, "stop-timeout": 0}',
  ],
  words: settingWords,
  inputs: 1200,
  // Only where the line with the address is whole, so that it stands where addresses stand.
  secretsIn: (input) =>
    /^store: esdb:\/\/admin:Hunter2\.4711@host:2113$/m.test(input) &&
    !/"|'|^[ -]/m.test(input) &&
    input.split(secret).length === 2
      ? [secret]
      : [],
  decode(input) {
    const config = join(inside, 'settings.yml');
    writeFileSync(config, input);
    const { values, from } = readSettings({ config }, {});
    assertSameAgain(values);
    demand(Object.keys(from).length === Object.keys(values).length, 'a setting comes from nowhere');
    assertNothingElse();
    return accepted();
  },
});

const variables = target({
  name: 'settings-variables',
  kind: words,
  seeds: [
    ['OVERSEER_STORE', `esdb://admin:${secret}@host`, 'OVERSEER_CONCURRENCY', '4', 'PATH', '/bin'],
    ['OVERSEER_TYPES', '{fetch: {concurrency: 2}}', 'OVERSEER_HEARTBEAT_SLEEP_TIME', '1000'],
    [
      'OVERSEER_STORE',
      '{ adapter: sqlite, config: { path: x.db } }',
      'OVERSEER_SENTRY_DSN',
      `https://${secret}@sentry.example/1`,
    ],
    ['OVERSEER_LOG_LEVEL', 'debug\n', 'OVERSEER_STOP_TIMEOUT', '0', 'OVERSEER_SERVICE_HOST', '10.0.0.1'],
  ],
  words: [
    'OVERSEER_',
    'OVERSEER_STORE',
    'OVERSEER_NAMESPACE',
    'OVERSEER_CONCURENCY',
    'OVERSEER_TYPES',
    '{a: {retry: {}}}',
    'true',
    '1e3',
    '{',
    '[1',
  ],
  inputs: 2000,
  decode(input) {
    const pairs = input.flatMap((name, index) => (index % 2 === 0 ? [[name, input[index + 1] ?? ''] as const] : []));
    const values = readConfiguration(environmentLayer(Object.fromEntries(pairs), parseSetting));
    assertSameAgain(values);
    return accepted();
  },
});

const graphWords = [
  'jobs',
  'graph',
  'args',
  'labels',
  'priority',
  'id',
  'retry',
  'type',
  'after',
  'memoize',
  'key',
  'timeoutMs',
  'maximumLostLeases',
  'parents',
  'maximumAttempts',
  'jitter',
  'carried',
  'fetch',
  'report',
  'page-1',
  '../x',
  'a/b',
  '__proto__',
];
const graphSeeds = [
  { fetch: [], report: ['fetch'] },
  {
    graph: { fetch: [], report: ['fetch'] },
    args: { org: 123, list: [1, null, 'x'] },
    labels: { team: 'x' },
    priority: 3,
    id: 'night',
  },
  {
    jobs: {
      'page-1': {
        type: 'fetch',
        args: { page: 1 },
        retry: { maximumAttempts: 3, initialIntervalMs: 10, jitter: 0.5, nonRetryable: ['E'] },
      },
      'page-2': { type: 'fetch', timeoutMs: 5000, maximumLostLeases: 1, memoize: { key: 'k' } },
      report: { type: 'report', after: ['page-1', 'page-2'] },
    },
    retry: { maximumAttempts: 2 },
    labels: { team: 'ü 🦀' },
  },
];

/** A graph that was taken can be kept in a file, stored, and read again. */
async function checkGraph(graph: JobGraph, path: string): Promise<void> {
  const written = JSON.stringify(graph);
  writeFileSync(path, written);
  const again = await (await readWorkFile(path)).graph({});
  demand(JSON.stringify(again) === written, 'written to a file, it is read as another graph');
  const db = await freshStore('memory');
  try {
    await transactGraph(db, graph);
    const info = await graphInfo(db, graph.id);
    demand(info.id === graph.id, 'it is stored under another id');
    for (const [id, job] of Object.entries(graph.jobs)) {
      if (job.retry === undefined) continue;
      demand(RetryPolicy.is(job.retry), `the policy of ${id} is none`);
      for (const failures of [1, 2, 1000]) {
        const over = {
          failures,
          lostLeases: 0,
          maximumLostLeases: 5,
          errorNames: ['E'],
          random: 0.5,
          cause: 'fault' as const,
        };
        const next = afterAttempt(job.retry, over);
        demand(
          next === 'failed' || (Number.isSafeInteger(next) && next >= 0 && next <= longestDelayMs),
          `the next attempt is after ${next} ms`,
        );
      }
    }
  } finally {
    await db.close();
  }
}

const decodeGraph = (name: string) => async (input: string) => {
  const path = join(inside, name);
  writeFileSync(path, input);
  const graph = await (await readWorkFile(path, { org: 1 })).graph({ labels: { by: 'flag' } });
  await checkGraph(graph, join(inside, 'graph.json'));
  assertNothingElse();
  return accepted();
};

const graphJson = target({
  name: 'graph-json',
  kind: json,
  seeds: graphSeeds.map((graph) => JSON.stringify(graph)),
  words: graphWords,
  inputs: 1500,
  decode: decodeGraph('graph.json'),
});

const graphYaml = target({
  name: 'graph-yaml',
  kind: text,
  seeds: [
    'fetch: []\nreport: [fetch]\n',
    'jobs:\n  page-1: &page\n    type: fetch\n    args: {page: 1}\n  page-2:\n    <<: *page\n    args: {page: 2}\n  report:\n    type: report\n    after: [page-1, page-2]\nlabels: {team: x}\nargs:\n  org: 123\n',
    '# nightly\ngraph:\n  fetch: []\n  report:\n    - fetch\nid: night\npriority: -2\nretry: {maximumAttempts: 3}\n',
  ],
  words: [...graphWords.map((word) => `${word}: `), '&a ', '*a', '<<: *page', '\n  ', '- ', '[]'],
  inputs: 1200,
  decode: decodeGraph('graph.yaml'),
});

/** A store as an object of settings, as programs give it. */
const storeObject = target({
  name: 'store-object',
  kind: json,
  seeds: [
    '{"adapter":"memory"}',
    '{"adapter":"sqlite","config":{"path":"x.db","synchronous":"NORMAL","busyTimeoutMs":"5"}}',
    '{"adapter":"export","config":{"path":"x.jsonl"}}',
    '{"adapter":"sqlite","config":"x.db"}',
  ],
  words: [
    'adapter',
    'config',
    'path',
    'synchronous',
    'busyTimeoutMs',
    'memory',
    'FULL',
    'export',
    ':memory:',
    'file:x.db',
  ],
  inputs: 2000,
  async decode(input) {
    let value: { config?: unknown };
    try {
      value = JSON.parse(input) as { config?: unknown };
    } catch {
      return refused();
    }
    const isOurs = /"(adapter)":"(memory|sqlite|export)"/.test(input) && !/eventstoredb|esdb/.test(input);
    if (!isOurs || /"path":"(?!x\.)|"config":"(?!x\.)/.test(input)) return refused();
    const log = await openLog(value as Parameters<typeof openLog>[0]);
    await log.close();
    return accepted();
  },
});

export const configurationTargets = [
  storeAddress,
  shownAddresses,
  storeObject,
  settingsFile,
  variables,
  graphJson,
  graphYaml,
];
