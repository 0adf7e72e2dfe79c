// takes: 18s
// time-limit: 600s
/** Real processes on one log: killed, stopped, continued, and many at once. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  graphInfo,
  history,
  install,
  jobGraph,
  type RecordedEvent,
  store,
  systemEnvironment,
  type WorkerIdentity,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { patient } from '../support/patience.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { eventually } from '../support/eventually.js';
import { freshPlace, missingFor, type Place } from '../support/stores.js';
import { whyNoInstances, workflowInstances } from '../support/workflow-instances.js';
import { WorkerProcess } from '../support/worker-process.js';

for (const engine of ['sqlite', 'eventstoredb'] as const) {
  const spec = describe(`worker processes on ${engine}`, { timeoutMs: 240_000, missing: missingFor(engine) });

  let place: Place;
  let db: Store;
  const processes: WorkerProcess[] = [];

  spec.beforeEach(async () => {
    place = freshPlace(engine);
    db = await store(place.address, { namespace: place.namespace });
    await install(db);
  });

  spec.afterEach(async () => {
    for (const each of processes.splice(0)) {
      each.signal('SIGCONT');
      each.kill();
      await each.exited;
    }
    await db.close();
  });

  /** A lease of 600 ms. */
  const quick = { heartbeat: { sleepTime: 200, tolerance: 3 }, concurrency: 4 };

  function begin(options: object = quick): WorkerProcess {
    const started = new WorkerProcess(place, options);
    processes.push(started);
    return started;
  }

  async function eventsOf(graphId: string): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for await (const event of history(db, graphId)) events.push(event);
    return events;
  }

  const shown = (events: readonly RecordedEvent[]) =>
    events
      .filter((event) => event.type !== 'Heartbeat')
      .map((event) => (event.type === 'JobFaulted' ? `JobFaulted ${event.data.cause}` : event.type));

  spec.test('given a worker killed by SIGKILL in mid-job, then another finishes its job after the lease', async () => {
    const victim = begin();
    await victim.says('started');
    await transactGraph(db, jobGraph({ jobs: { long: { type: 'sleep', args: { ms: 1500 } } } }, {}, { id: 'g' }));
    await victim.says('running');
    victim.kill();
    await victim.exited;
    const heir = begin();
    const done = await waitForGraph(db, 'g', { timeoutMs: patient(60_000) });
    assert.equal([done.status, done.jobs['long']!.attempt, done.jobs['long']!.lostLeases], ['finished', 2, 1]);
    assert.is(done.jobs['long']!.result, `slept in ${heir.pid}`);
    assert.equal(shown(await eventsOf('g')), [
      'GraphSubmitted',
      'JobStarted',
      'JobFaulted lease-expired',
      'JobStarted',
      'JobFinished',
    ]);
  });

  spec.test(
    'given a worker that is gone from this machine, then others take its jobs at once, not after the lease',
    async () => {
      const long = { heartbeat: { sleepTime: 600_000, tolerance: 5 }, concurrency: 4 };
      const victim = begin(long);
      await victim.says('started');
      const first = { type: 'sleep', args: { ms: 60_000 } };
      await transactGraph(
        db,
        jobGraph({ jobs: { first, other: { type: 'sleep', args: { ms: 100 } } } }, {}, { id: 'g' }),
      );
      await victim.says('running');
      const watching = begin(long);
      await watching.says('started');
      victim.kill();
      await victim.exited;
      const isRunAgain = async () => (await graphInfo(db, 'g')).jobs['first']!.attempt === 2;
      await eventually('the job of the dead one runs again', isRunAgain, 10_000);
      const lost = (await eventsOf('g')).find((event) => event.type === 'JobFaulted');
      assert.match(lost?.type === 'JobFaulted' ? lost.data.failure.message! : '', /^the process of worker .* is gone$/);
    },
  );

  spec.test(
    'given processes that all have much to do, when one is killed, then every job is done once, and none waits for a lease',
    async () => {
      const long = { heartbeat: { sleepTime: 600_000, tolerance: 5 }, concurrency: 4 };
      const ids = Array.from({ length: 400 }, (_, index) => `g-${index.toString(16)}`);
      const jobs = {
        first: { type: 'sleep', args: { ms: 20 } },
        then: { type: 'sleep', args: { ms: 5 }, after: ['first'] },
      };
      await Promise.all(ids.map((id) => transactGraph(db, jobGraph({ jobs }, {}, { id }))));
      const [victim, ...others] = [begin(long), begin(long), begin(long)];
      await Promise.all([victim, ...others].map((each) => each.says('running')));
      await eventually('it has run some', () => victim.said.filter(({ event }) => event === 'ran').length > 20, 60_000);
      victim.kill();
      await victim.exited;
      const timeoutMs = patient(120_000);
      const ended = await Promise.all(ids.map((id) => waitForGraph(db, id, { timeoutMs })));
      assert.equal([...new Set(ended.map(({ status }) => status))], ['finished']);
      const counts = new Map<string, number>();
      for (const { type, graphId, jobId } of await rightOf(db.log.readAll({ limit: 100_000 }))) {
        if (type !== 'JobFinished' && type !== 'JobFaulted') continue;
        const of = type === 'JobFaulted' ? type : `${type} ${graphId}/${jobId}`;
        counts.set(of, (counts.get(of) ?? 0) + 1);
      }
      assert.ok((counts.get('JobFaulted') ?? 0) <= 4, 'only what the dead one had in its four places');
      counts.delete('JobFaulted');
      assert.equal([counts.size, new Set(counts.values()).size], [800, 1]);
    },
  );

  spec.test('given claims whose process may be there, or cannot be seen from here, then the lease decides', () => {
    const { host, process: token = '' } = systemEnvironment;
    const here = { id: 'w', host, pid: process.pid, process: token };
    const ended = Number(execFileSync(process.execPath, ['-p', 'process.pid']).toString());
    const startsAt = token.lastIndexOf(':');
    const claims: Record<string, WorkerIdentity> = {
      'this very process': here,
      'another machine': { ...here, host: 'elsewhere', pid: ended },
      'another boot of the system': { ...here, pid: ended, process: `xxxxxxxx${token.slice(8)}` },
      'another space of process ids': { ...here, pid: ended, process: token.replace(/\[\d+\]/, '[1]') },
      'a release that did not say': { id: 'w', host, pid: ended },
      'no name of a process': { ...here, pid: ended, process: 'x' },
      'an empty name': { ...here, pid: ended, process: '' },
      'no process id': { ...here, pid: -1, process: 'a:b:c' },
    };
    for (const [name, worker] of Object.entries(claims)) assert.is(systemEnvironment.isGone!(worker), false, name);
    const gone: Record<string, WorkerIdentity> = {
      'a process that has ended': { ...here, pid: ended },
      'a process id given out again': { ...here, process: `${token.slice(0, startsAt)}:1` },
    };
    for (const [name, worker] of Object.entries(gone)) assert.is(systemEnvironment.isGone!(worker), true, name);
  });

  spec.test(
    'given a worker stopped by SIGSTOP and continued after its lease, then it can change nothing, and says so',
    async () => {
      const sleeper = begin();
      await sleeper.says('started');
      await transactGraph(db, jobGraph({ jobs: { long: { type: 'sleep', args: { ms: 1000 } } } }, {}, { id: 'g' }));
      await sleeper.says('running');
      sleeper.signal('SIGSTOP');
      const heir = begin();
      await heir.says('running', 60_000);
      sleeper.signal('SIGCONT');
      const done = await waitForGraph(db, 'g', { timeoutMs: patient(60_000) });
      assert.is(done.jobs['long']!.result, `slept in ${heir.pid}`);
      const warning = await sleeper.says('warning');
      await eventually('the continued worker says that its outcome is discarded', () =>
        sleeper.said.some((line) => line.event === 'warning' && /lost its lease/.test(String(line['message']))),
      );
      assert.ok(warning);
      assert.equal(shown(await eventsOf('g')), [
        'GraphSubmitted',
        'JobStarted',
        'JobFaulted lease-expired',
        'JobStarted',
        'JobFinished',
      ]);
      await transactGraph(db, jobGraph({ jobs: { next: { type: 'sleep', args: { ms: 1 } } } }, {}, { id: 'h' }));
      assert.is((await waitForGraph(db, 'h', { timeoutMs: patient(30_000) })).status, 'finished');
    },
  );

  spec.test(
    'given a worker told to stop by SIGTERM, then it finishes what runs, takes on nothing new, and exits',
    async () => {
      const worker = begin({ ...quick, concurrency: 1 });
      await worker.says('started');
      const jobs = { first: { type: 'sleep', args: { ms: 400 } }, second: { type: 'sleep', args: { ms: 400 } } };
      await transactGraph(db, jobGraph({ jobs }, {}, { id: 'g' }));
      await worker.says('running');
      worker.signal('SIGTERM');
      assert.is(await worker.exited, 0);
      const { counts } = await graphInfo(db, 'g');
      assert.equal(counts, { unstarted: 1, started: 0, finished: 1, failed: 0, aborted: 0, skipped: 0 });
    },
  );

  spec.test(
    'given a job longer than the patience of a stopping worker, then it is handed back and another runs it at once',
    async () => {
      const worker = begin({ ...quick, stopTimeout: 100, heartbeat: { sleepTime: 60_000 } });
      await worker.says('started');
      await transactGraph(db, jobGraph({ jobs: { long: { type: 'sleep', args: { ms: 1000 } } } }, {}, { id: 'g' }));
      await worker.says('running');
      worker.signal('SIGTERM');
      await worker.says('stopped');
      const heir = begin();
      const done = await waitForGraph(db, 'g', { timeoutMs: patient(60_000) });
      assert.is(done.jobs['long']!.result, `slept in ${heir.pid}`);
      assert.equal(shown(await eventsOf('g')), [
        'GraphSubmitted',
        'JobStarted',
        'JobFaulted released',
        'JobStarted',
        'JobFinished',
      ]);
    },
  );

  const instancesRun =
    'given every recorded workflow and four worker processes, then each job finishes exactly once, never before its parents';
  if (whyNoInstances !== null) {
    spec.skip(instancesRun, whyNoInstances);
  } else {
    spec.test(instancesRun, async () => {
      for (let index = 0; index < 4; index++) begin({ concurrency: 8 });
      const instances = workflowInstances();
      for (const { graph } of instances) await transactGraph(db, graph);
      for (const { name, graph } of instances) {
        const done = await waitForGraph(db, name, { timeoutMs: patient(200_000) });
        assert.is(done.status, 'finished', name);
        for (const job of Object.values(done.jobs)) {
          assert.equal(job.result, { parents: [...graph.jobs[job.id]!.parents].sort() }, `${name}/${job.id}`);
        }
      }
      const finishedAt = new Map<string, number>();
      const startedAt = new Map<string, number>();
      const workers = new Set<string>();
      let index = 0;
      for (let after: RecordedEvent['position'] | null = null; ;) {
        const events: readonly RecordedEvent[] = await rightOf(db.log.readAll({ after, limit: 5000 }));
        for (const event of events) {
          index += 1;
          const key = `${event.graphId}/${event.jobId}`;
          if (event.type === 'JobStarted') {
            workers.add(event.data.worker.id);
            assert.not.ok(startedAt.has(key), `${key} started once`);
            startedAt.set(key, index);
          }
          if (event.type === 'JobFinished') {
            assert.not.ok(finishedAt.has(key), `${key} finished once`);
            finishedAt.set(key, index);
          }
        }
        if (events.length < 5000) break;
        after = events.at(-1)!.position;
      }
      const jobs = instances.flatMap(({ name, graph }) => Object.values(graph.jobs).map((job) => ({ name, job })));
      assert.is(finishedAt.size, jobs.length);
      for (const { name, job } of jobs) {
        for (const parent of job.parents) {
          assert.ok(
            finishedAt.get(`${name}/${parent}`)! < startedAt.get(`${name}/${job.id}`)!,
            `${name}/${job.id} after ${parent}`,
          );
        }
      }
      assert.is(workers.size, 4);
      for (const each of processes) await each.stop();
      const cli = join(import.meta.dirname, '../../dist/cli/main.js');
      const flags = ['--json', '--store', place.address, '--namespace', place.namespace];
      const verified = execFileSync(process.execPath, [cli, 'verify', ...flags], { encoding: 'utf8' });
      const { problems, jobs: verifiedJobs } = JSON.parse(verified) as { problems: unknown[]; jobs: number };
      assert.equal([problems, verifiedJobs], [[], jobs.length]);
      console.log(
        `  ${jobs.length} jobs of ${instances.length} workflows; claims lost: ${processes
          .map((each) => `${each.said.at(-1)!['claimsLost'] as number} of ${each.said.at(-1)!['claims'] as number}`)
          .join(', ')}`,
      );
    });
  }

  spec.run();
}
