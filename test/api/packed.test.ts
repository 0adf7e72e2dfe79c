// takes: 20s
// time-limit: 300s
/**
 * The package as its users get it: packed, installed into an empty project with nothing of this repository in reach, and
 * used from plain Node.js. Compilers, tools and the small installation have files of their own beside this one.
 */
import { execFileSync } from 'node:child_process';
import { assert, describe } from '../support/spec.js';
import { has, packOverseer, readManifest, root, UsersProject } from './users-project.js';

const spec = describe('the packed package', { timeoutMs: 240_000 });

const project = new UsersProject();

spec.before(() => project.install(packOverseer()));

spec.test('it holds what is needed and nothing else', () => {
  const listing = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--silent'], { cwd: root, encoding: 'utf8' }),
  ) as unknown;
  const [packed] = (Array.isArray(listing) ? listing : Object.values(listing as object)) as [
    { files: { path: string }[] },
  ];
  const paths = packed.files.map((file) => file.path);
  const outside = paths.filter((path) => !/^(dist|docs)\//.test(path));
  const projections = [
    ...['graph-history', 'graph-progress-growth', 'graph-progress-shapes', 'graph-progress-spread'],
    ...['graph-progress-submission'],
    ...['graph-progress', 'job-counts', 'ready-jobs'],
  ];
  assert.equal(outside.sort(), [
    'ARCHITECTURE.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'package.json',
    'projections/README.md',
    ...projections.map((name) => `projections/${name}.js`),
  ]);
  for (const path of ['dist/index.d.ts', 'dist/index.d.cts', 'docs/guide/installing.md', 'docs/snippets/first.mjs'])
    assert.ok(paths.includes(path), path);
  assert.equal(
    paths.filter((path) => /^dist\/.*\.test\.|\.map$|tsconfig/.test(path)),
    [],
  );
});

spec.test('every entry of the package has a side for CommonJS, and one for compilers that know no exports', () => {
  const { exports, typesVersions = {} } = readManifest(root) as unknown as {
    exports: Record<string, unknown>;
    typesVersions?: Record<string, Record<string, unknown>>;
  };
  for (const [name, target] of Object.entries(exports).filter(([, each]) => typeof each === 'object')) {
    const file = (target as { import: { default: string } }).import.default;
    assert.equal(target, {
      import: { types: file.replace(/\.js$/, '.d.ts'), default: file },
      require: { types: file.replace(/\.js$/, '.d.cts'), default: file },
    });
    if (name !== '.') assert.ok(typesVersions['*']?.[name.slice(2)], `${name} is not in typesVersions`);
  }
});

spec.test('a program in plain JavaScript runs a graph on sqlite and reads its history', () => {
  project.write(
    'program.mjs',
    `
    import { store, install, jobGraph, validateGraphHandlers, transactGraph, start, waitForGraph, graphInfo, jobInfo, history } from 'overseer';
    const handlers = {
      start: async () => ({ rows: 3 }),
      report: async (job) => job.args.org + ': ' + job.inputs.start.rows,
      send: { preProcess: () => {}, process: () => ({ receipt: 'r' }), postProcess: (job, result) => result.receipt },
    };
    const db = await store('sqlite:./overseer.db');
    await install(db);
    const graph = jobGraph({ start: [], report: ['start'], send: ['report'] }, { org: 123 });
    validateGraphHandlers(handlers, graph);
    const { graphId, stored } = await transactGraph(db, graph);
    const worker = await start({ concurrency: 8 }, db, handlers);
    const done = await waitForGraph(db, graphId);
    const events = [];
    for await (const event of history(db, graphId)) events.push(event.type);
    await worker.stop();
    console.log(JSON.stringify({
      stored, status: done.status, report: done.jobs.report.result,
      send: (await jobInfo(db, graphId, 'send')).result,
      unknown: await jobInfo(db, graphId, 'nobody').catch((error) => error.code),
      same: (await graphInfo(db, graphId)).status, events: events.length,
    }));
    await db.close();
    `,
  );
  const said: unknown = JSON.parse(project.node('program.mjs'));
  assert.equal(said, {
    stored: true,
    status: 'finished',
    report: '123: 3',
    send: 'r',
    unknown: 'job-not-found',
    same: 'finished',
    events: 7,
  });
});

spec.test('a program in CommonJS requires it, and gets the same classes as one that imports it', () => {
  project.write(
    'program.cjs',
    `
    const { store, install, jobGraph, transactGraph, start, waitForGraph, LogError } = require('overseer');
    (async () => {
      const db = await store('sqlite:./commonjs.db');
      await install(db);
      const { graphId } = await transactGraph(db, jobGraph({ rows: [], sum: ['rows'] }));
      const worker = await start({}, db, { rows: () => [1, 2], sum: (job) => job.inputs.rows[0] + job.inputs.rows[1] });
      const { jobs } = await waitForGraph(db, graphId);
      await worker.stop();
      await db.close();
      const imported = await import('overseer');
      console.log(jobs.sum.result, imported.LogError === LogError);
    })();
    `,
  );
  assert.is(project.node('program.cjs'), '3 true\n');
});

spec.test(
  'given no types for Node.js of its own, a project gets current ones, and the client keeps its old ones',
  () => {
    assert.is.not(project.versionOf('@types/node').split('.')[0], '16');
    assert.match(project.versionOf('@eventstore/db-client/node_modules/@types/node'), /^16\./);
  },
);

spec.test('given types for Node.js of its own, a project keeps them, for the package too', () => {
  const own = new UsersProject({ type: 'module', devDependencies: { '@types/node': '~22.10.0' } });
  own.install(packOverseer());
  assert.match(own.versionOf('@types/node'), /^22\.10\./);
  assert.not.ok(has(own.folder, 'overseer/node_modules/@types/node'));
});

spec.test('without @sentry/node, a DSN is refused with what to do, and nothing else misses it', () => {
  project.write(
    'sentry.mjs',
    `
    import { store, install, start } from 'overseer';
    const db = await store('memory:');
    await install(db);
    const error = await start({ sentry: { dsn: 'http://key@127.0.0.1:1/1' } }, db, {}).catch((error) => error);
    console.log(error.code, error.message);
    `,
  );
  assert.match(project.node('sentry.mjs'), /^sentry-missing .*npm install @sentry\/node/);
});

spec.run();
