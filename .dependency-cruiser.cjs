const { builtinModules } = require('node:module');
const pureModules = require('./pure-modules.cjs');

/**
 * Which room may import which. The arrows point one way:
 * prelude <- domain <- evidence, handlers, config <- log <- store <- worker, history <- cli, testing, web/server.
 * The two wings, worker and history, do not know each other; nor do the command line and the public tools for tests.
 * A pipeline stands beside them: it makes what they take, graphs and handlers, and only the edges know it.
 * The supervisor stands beside the worker's wing: it starts workers in processes of their own, and only the edges know it.
 * A room that is not named here has no arrows yet, and therefore may not exist yet.
 */
const arrows = {
  prelude: [],
  domain: ['prelude'],
  evidence: ['prelude', 'domain'],
  handlers: ['prelude', 'domain'],
  config: ['prelude', 'domain'],
  log: ['prelude', 'domain', 'evidence'],
  store: ['prelude', 'domain', 'evidence', 'log'],
  pipeline: ['prelude', 'domain', 'handlers', 'store'],
  worker: ['prelude', 'domain', 'handlers', 'config', 'log', 'store'],
  supervisor: ['prelude', 'domain', 'handlers', 'config', 'log', 'store', 'worker'],
  history: ['prelude', 'domain', 'evidence', 'handlers', 'log', 'store'],
  // A folder of a room: the other one, the page, is pure.
  'web/server': ['prelude', 'domain', 'evidence', 'config', 'log', 'store', 'history'],
  testing: ['prelude', 'domain', 'evidence', 'handlers', 'log', 'store', 'worker', 'history'],
};
/** The command line sits on top of everything, and nothing sits on top of it. */
const rooms = [...Object.keys(arrows), 'cli', 'web'];

const pureHistory = `^src/history/(${pureModules.history.join('|')})\\.ts$`;
const pure = `^src/(${pureModules.rooms.join('|')})/|${pureHistory}`;
/** What the page is made with, beside that. */
const pagePackages = 'preact|@preact|@noble|d3-[a-z]+|@dagrejs';
const purePackages = 'immer|io-ts|fp-ts|jsep|strip-ansi|ansi-regex';

/** Packages that only some rooms may know. */
const packages = {
  'fp-ts': '^src/prelude/',
  'io-ts': '^src/prelude/',
  immer: '^src/history/projections/',
  'better-sqlite3': '^src/log/sqlite/',
  '@eventstore/db-client': '^src/log/eventstoredb/',
  '@grpc/grpc-js': '^src/log/eventstoredb/',
  jsep: '^src/history/',
  '@dagrejs/dagre': '^src/prelude/',
  croner: '^src/prelude/cron\\.ts$',
  preact: '^src/web/app/',
};

const inPackage = (names) => `(^|/)node_modules/(@types/)?(${names})(/|$)`;

const roomRules = Object.entries(arrows).map(([room, allowed]) => ({
  name: `arrows-of-${room}`,
  comment: `src/${room} may import ${allowed.join(', ') || 'no other room'}, and nothing else of src`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: `^src/(${[room, ...allowed].join('|')})/` },
}));

const packageRules = Object.entries(packages).map(([name, home]) => ({
  name: `home-of-${name}`,
  comment: `${name} is known in ${home} only`,
  severity: 'error',
  from: { path: '^src/', pathNot: home },
  to: { path: inPackage(name) },
}));

module.exports = {
  forbidden: [
    ...roomRules,
    ...packageRules,
    {
      name: 'rooms-are-known',
      comment: 'a new folder of src needs its arrows, at the top of this file',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(${rooms.join('|')})/|^src/index\\.ts$` },
      to: {},
    },
    {
      name: 'index-without-cli',
      comment: 'the public API does not drag the command line into the programs that use it',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'nothing-needs-testing',
      comment: 'what is for tests is an entry of its own; no program drags it along',
      severity: 'error',
      from: { path: '^src/(?!testing/)' },
      to: { path: '^src/testing/' },
    },
    {
      name: 'testing-knows-no-runner',
      comment: 'src/testing works with every test runner, so it knows none',
      severity: 'error',
      from: { path: '^src/testing/' },
      to: { path: `${inPackage('uvu|vitest|jest|@jest|@vitest|mocha|chai')}|^node:test$` },
    },
    {
      name: 'engines-keep-apart',
      comment: 'an engine of the log knows the port (src/log/*.ts) and no other engine',
      severity: 'error',
      from: { path: '^src/log/([^/]+)/' },
      to: { path: '^src/log/[^/]+/', pathNot: '^src/log/$1/' },
    },
    {
      name: 'engines-behind-the-port',
      comment: 'engines are opened through src/log/open-log.ts; the edges (index, cli) may name them',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/log/(open-log|store-address)\\.ts$|^src/log/[^/]+/|^src/index\\.ts$|^src/cli/',
      },
      to: { path: '^src/log/[^/]+/' },
    },
    {
      name: 'pure-stays-pure',
      comment: 'domain, evidence and the pure half of history reach no log, no store and nothing of Node',
      severity: 'error',
      from: { path: pure },
      to: {
        path: [
          `^src/(?!prelude/|domain/|evidence/)(?!${pureHistory.slice('^src/'.length)})`,
          `^(node:)?(${builtinModules.join('|')})$`,
          `(^|/)node_modules/(?!(@types/)?(${purePackages})/)`,
        ],
        reachable: true,
      },
    },
    {
      name: 'the-page-is-pure',
      comment: 'the page of the web UI reaches only what a browser can run, and nothing reaches into it',
      severity: 'error',
      from: { path: '^src/web/app/' },
      to: {
        path: [
          `^src/(?!web/app/|prelude/|domain/|evidence/)(?!${pureHistory.slice('^src/'.length)})`,
          `^(node:)?(${builtinModules.join('|')})$`,
          `(^|/)node_modules/(?!(@types/)?(${purePackages}|${pagePackages})/)`,
        ],
        reachable: true,
      },
    },
    {
      name: 'nothing-needs-the-page',
      comment: 'the page is bundled by itself',
      severity: 'error',
      from: { path: '^src/(?!web/app/)' },
      to: { path: '^src/web/app/' },
    },
    {
      name: 'src-stands-alone',
      comment: 'what ships does not import what does not ship',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|examples|bench|scripts)/' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      comment: 'a file that nothing imports, and that imports nothing, is left over',
      severity: 'error',
      from: { orphan: true, pathNot: '^src/index\\.ts$|^src/cli/main\\.ts$|^src/web/app/layout-worker\\.ts$' },
      to: {},
    },
    {
      name: 'everything-resolves',
      comment: 'the rules above cannot judge an import that leads nowhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  required: [
    {
      name: 'history-reads-or-is-pure',
      comment: 'a file of history either reads a log, or is named in pure-modules.cjs',
      severity: 'error',
      module: { path: '^src/history/', pathNot: pureHistory },
      to: { path: '^src/(log|store)/', reachable: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // An import of types alone is an arrow like any other.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.check.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
