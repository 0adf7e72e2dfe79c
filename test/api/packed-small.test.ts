// takes: 10s
// time-limit: 300s
/** The packed package without its optional dependencies: the client for EventStoreDB and what that needs. */
import { assert, describe } from '../support/spec.js';
import { has, packOverseer, sizeOf, UsersProject } from './users-project.js';
import { join } from 'node:path';

const spec = describe('the small installation', { timeoutMs: 240_000 });

const project = new UsersProject();
const server = 'esdb://localhost:2113?tls=false';
const whatToDo = `the store ${server} needs the client for EventStoreDB (@grpc/grpc-js), which is not installed; run \`npm install --include=optional\`, or \`pnpm install\` without --no-optional`;

spec.before(() => project.install('--omit=optional', packOverseer()));

const overseer = (...args: readonly string[]) =>
  project.ending(process.execPath, [join(project.folder, 'node_modules/overseer/dist/cli/main.js'), ...args]);

spec.test('it has at most 85 packages and 35 megabytes', () => {
  const { packages, megabytes } = sizeOf(join(project.folder, 'node_modules'));
  assert.ok(packages <= 85, `${packages} packages`);
  assert.ok(megabytes <= 35, `${megabytes} MB in its files`);
  assert.not.ok(has(project.folder, '@eventstore'));
  assert.not.ok(has(project.folder, '@grpc'));
  assert.not.ok(has(project.folder, '@types'));
});

spec.test('graphs run on sqlite and in memory', () => {
  project.write(
    'graphs.mjs',
    `
    import { store, install, jobGraph, transactGraph, start, waitForGraph, verify } from 'overseer';
    for (const address of ['memory:', 'sqlite:./overseer.db']) {
      const db = await store(address);
      await install(db);
      const { graphId } = await transactGraph(db, jobGraph({ rows: [], count: ['rows'] }, {}, { id: 'g' }));
      const worker = await start({}, db, { rows: () => [1, 2], count: ({ inputs }) => inputs.rows.length });
      const { status, jobs } = await waitForGraph(db, graphId);
      await worker.stop();
      console.log(status, jobs.count.result, (await verify(db)).problems.length);
      await db.close();
    }
    `,
  );
  assert.is(project.node('graphs.mjs'), 'finished 2 0\nfinished 2 0\n');
  assert.match(overseer('show', 'g/count', '--store', 'sqlite:./overseer.db').stdout, /finished/);
});

spec.test('a program that opens an EventStoreDB is told what to install', () => {
  project.write(
    'server.mjs',
    `
    import { LogError, store } from 'overseer';
    const error = await store(${JSON.stringify(server)}).catch((thrown) => thrown);
    const wrong = await store('esdb://localhost:99999').catch((thrown) => thrown);
    console.log(JSON.stringify([error instanceof LogError, error.code, error.message, wrong.code]));
    `,
  );
  const said: unknown = JSON.parse(project.node('server.mjs'));
  assert.equal(said, [true, 'store-client-missing', whatToDo, 'store-address']);
});

for (const command of ['graphs', 'install', 'projections status', 'projections apply', 'projections remove']) {
  spec.test(
    `overseer ${command} says the same in one sentence, with the exit code of a store that cannot be opened`,
    () => {
      const { exitCode, stdout, stderr } = overseer(...command.split(' '), '--store', server);
      assert.equal({ exitCode, stdout, stderr }, { exitCode: 3, stdout: '', stderr: `overseer: ${whatToDo}\n` });
    },
  );
}

spec.test('overseer doctor says so too, beside all else that it knows', () => {
  const { exitCode, stdout } = overseer('doctor', '--store', server, '--json');
  const { store } = JSON.parse(stdout) as { store: { error: unknown } };
  assert.is(exitCode, 3);
  assert.equal(store.error, { code: 'store-client-missing', message: whatToDo });
});

spec.test('given a client that is installed but broken, the message says that, and why', () => {
  for (const name of ['@grpc/grpc-js', 'protobufjs']) {
    project.write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    project.write(`node_modules/${name}/index.js`, '');
    project.write(`node_modules/${name}/minimal.js`, '');
  }
  const client = 'node_modules/@eventstore/db-client';
  project.write(
    `${client}/package.json`,
    JSON.stringify({ name: '@eventstore/db-client', version: '6.2.1', main: 'index.js' }),
  );
  project.write(`${client}/index.js`, `require('google-protobuf');`);
  const { exitCode, stderr } = overseer('graphs', '--store', server);
  const sentence = `overseer: the store ${server} needs the client for EventStoreDB (@eventstore/db-client), which is installed but cannot be loaded: Cannot find module 'google-protobuf'; remove node_modules and install again\n`;
  assert.equal({ exitCode, stderr }, { exitCode: 3, stderr: sentence });
});

spec.run();
