// takes: 10s
/** Graphs that grow while they run, in every kind of store: what runs, and what can be told of it afterwards. */
import {
  abortJob,
  diff,
  explainJob,
  fault,
  forkGraph,
  graphInfo,
  type Handlers,
  history,
  InvalidSpawnError,
  jobGraph,
  graphHistory,
  type GraphSummary,
  recordedAttempt,
  replayAttempt,
  retryJob,
  type RunningJob,
  start,
  type Store,
  timeline,
  transactGraph,
  waitForGraph,
  whatIf,
  workers,
} from '../../src/index.js';
import { assertSound } from '../support/sound.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';

/** What is spawned, and what goes wrong. */
class Program {
  pages = ['a', 'b'];
  broken: string | null = null;
  listFaults = 0;
  readonly told = new Map<string, readonly string[]>();

  readonly handlers: Handlers = {
    list: (job) => {
      this.note(job);
      job.spawn(Object.fromEntries(this.pages.map((page) => [page, { type: 'page', args: { page } }])));
      if (this.listFaults-- > 0) fault('busy', { retryAfterMs: 1 });
      return this.pages.length;
    },
    page: (job) => {
      this.note(job);
      if (job.args['page'] === this.broken) throw new TypeError('no such page');
      if (job.args['page'] === 'a') {
        job.spawn({ one: { type: 'part' } });
        job.spawn({ two: { type: 'part', after: ['one'], when: 'none-failed' } });
      }
      return job.args['page'];
    },
    part: (job) => this.note(job),
    sum: (job) => this.note(job),
    tidy: (job) => this.note(job),
  };

  private note(job: RunningJob): string {
    this.told.set(job.id, Object.keys(job.parents));
    return job.id;
  }
}

const shape = {
  jobs: {
    list: { type: 'list' },
    sum: { type: 'sum', after: ['list/*'] },
    tidy: { type: 'tidy', after: ['list/*', 'sum'], when: 'all-ended' },
  },
} as const;

const all = ['list', 'sum', 'tidy', 'list/a', 'list/b', 'list/a/one', 'list/a/two'];
const spawnedOnes = ['list/a', 'list/b', 'list/a/one', 'list/a/two'];

async function submit(db: Store, id: string): Promise<string> {
  await transactGraph(db, jobGraph(shape, { shop: 1 }, { id }));
  return id;
}

async function run(db: Store, { handlers }: Program, graphId: string) {
  const ran = await Promise.all([start({ concurrency: 4 }, db, handlers), start({ concurrency: 4 }, db, handlers)]);
  const done = await waitForGraph(db, graphId);
  await Promise.all(ran.map((worker) => worker.stop()));
  return done;
}

for (const engine of engines) {
  const spec = describe(`graphs that grow on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });

  spec.test('given jobs that are spawned, then all run, and who waits for all of them runs last', async () => {
    const db = await freshStore(engine);
    const program = new Program();
    const done = await run(db, program, await submit(db, 'g'));
    assert.equal([done.status, Object.keys(done.jobs).sort()], ['finished', [...all].sort()]);
    assert.equal(done.jobs['list/a']!.args, { shop: 1, page: 'a' });
    assert.equal([...program.told.get('sum')!].sort(), ['list', ...spawnedOnes].sort());
    assert.equal([...program.told.get('tidy')!].sort(), ['list', 'sum', ...spawnedOnes].sort());
    assert.equal(program.told.get('list/a/two'), ['list/a/one']);
    assert.equal([done.jobs['list/a/two']!.when, done.jobs['list/a/two']!.spawnedBy], ['none-failed', 'list/a']);
    await assertSound(db);
    const types = (await workers(db)).items.flatMap((worker) => worker.types);
    assert.ok(types.includes('part'));
    await db.close();
  });

  spec.test('given an attempt that faults after it spawned, then what it spawned never existed', async () => {
    const db = await freshStore(engine);
    const program = new Program();
    program.listFaults = 1;
    const done = await run(db, program, await submit(db, 'g'));
    assert.equal([done.status, done.jobs['list']!.attempt, Object.keys(done.jobs).length], ['finished', 2, all.length]);
    const events = [];
    for await (const event of history(db, 'g', { jobId: 'list' })) events.push(event.type);
    assert.equal(events, ['JobStarted', 'JobFaulted', 'JobStarted', 'JobsSpawned', 'JobFinished']);
    await assertSound(db);
    await db.close();
  });

  spec.test('given more than one event can hold, then all come to be at one moment', async () => {
    const db = await freshStore(engine);
    const text = 'x'.repeat(4000);
    const count = 300;
    const handlers: Handlers = {
      ...new Program().handlers,
      list: (job) => {
        const jobs = Array.from({ length: count }, (_, index) => [`p${index}`, { type: 'part', args: { text } }]);
        return job.spawn(Object.fromEntries(jobs)).length;
      },
    };
    await submit(db, 'g');
    const worker = await start({ concurrency: 20 }, db, handlers);
    const done = await waitForGraph(db, 'g');
    await worker.stop();
    assert.equal([done.status, done.counts.finished, done.jobs['list']!.result], ['finished', count + 3, count]);
    const story = await graphHistory(db, 'g');
    const parts = story.events.filter(({ type }) => type === 'JobsSpawned');
    assert.ok(parts.length > 2);
    const end = story.events.findIndex(({ type }) => type === 'JobFinished') + 1;
    assert.equal(
      [story.at(end - 1), story.at(end)].map(({ jobs }) => Object.keys(jobs).length),
      [3, count + 3],
    );
    // Of those that wait for all of them, the parents.
    assert.equal(story.changesBy(end).length, count + 3);
    await assertSound(db);
    await db.close();
  });

  spec.test('given a job below that fails, then the clean-up runs, and a retry goes on', async () => {
    const db = await freshStore(engine);
    const program = new Program();
    program.broken = 'b';
    const failed = await run(db, program, await submit(db, 'g'));
    assert.equal(
      [failed.status, failed.jobs['sum']!.derivedStatus, failed.jobs['tidy']!.status],
      ['failed', 'blocked', 'finished'],
    );
    const told = await explainJob(db, 'g', 'sum');
    assert.equal(
      told.blockedBy.map(({ id }) => id),
      ['list/b'],
    );
    program.broken = null;
    await retryJob(db, 'g', 'list/b');
    assert.is((await run(db, program, 'g')).status, 'finished');
    await assertSound(db);
    await db.close();
  });

  spec.test('given an abort of a spawned job, then what needs all of them is aborted', async () => {
    const db = await freshStore(engine);
    const program = new Program();
    await submit(db, 'g');
    const { page: _, ...others } = program.handlers;
    const worker = await start({}, db, others);
    const listed = new AbortController();
    const onChange = ({ counts }: GraphSummary) => void (counts.finished === 1 && listed.abort());
    await waitForGraph(db, 'g', { signal: listed.signal, onChange }).catch(() => {});
    await worker.stop();
    await abortJob(db, 'g', 'list/a', { reason: 'not needed' });
    const done = await run(db, program, 'g');
    assert.equal(
      [done.status, done.jobs['sum']!.status, done.jobs['tidy']!.status, done.jobs['list/b']!.status],
      ['aborted', 'aborted', 'finished', 'finished'],
    );
    await db.close();
  });

  spec.test('given a fork, then spawned jobs are kept with their spawner, or dropped with it', async () => {
    const db = await freshStore(engine);
    const program = new Program();
    await run(db, program, await submit(db, 'g'));
    const below = await forkGraph(db, 'g', { from: ['list/a'], id: 'below' });
    assert.equal(
      [below.carried, below.runs, below.dropped].map((jobs) => jobs.map(({ id }) => id)),
      [
        ['list', 'list/b'],
        ['sum', 'tidy', 'list/a'],
        ['list/a/one', 'list/a/two'],
      ],
    );
    assert.equal(below.dropped[0], { id: 'list/a/one', type: 'part', reason: 'spawner-runs', below: 'list/a' });
    const done = await run(db, program, 'below');
    assert.equal([done.status, Object.keys(done.jobs).sort()], ['finished', [...all].sort()]);
    assert.equal([done.jobs['list/a']!.spawnedBy, done.jobs['list/a/one']!.spawnedBy], ['list', 'list/a']);
    assert.equal([...program.told.get('sum')!].sort(), ['list', ...spawnedOnes].sort());
    program.pages = ['c'];
    const whole = await forkGraph(db, 'below', { from: ['list'], id: 'whole' });
    assert.equal([whole.carried.length, whole.dropped.length], [0, 4]);
    const anew = await run(db, program, 'whole');
    assert.equal([anew.status, Object.keys(anew.jobs).sort()], ['finished', ['list', 'list/c', 'sum', 'tidy']]);
    const differing = await diff(db, { graphId: 'g' }, { graphId: 'whole' });
    assert.equal([differing.added, [...differing.removed].sort()], [['list/c'], [...spawnedOnes].sort()]);
    assert.is(differing.changed.find(({ jobId }) => jobId === 'sum')?.definition, undefined);
    const same = await forkGraph(db, 'g', { from: ['sum'], id: 'same' });
    assert.equal([same.runs.map(({ id }) => id), same.dropped], [['sum', 'tidy'], []]);
    assert.is((await run(db, program, 'same')).status, 'finished');
    await assertSound(db);
    await db.close();
  });

  spec.test('given the past, then a job is there from when it came to be, and a replay spawns the same', async () => {
    const db = await freshStore(engine);
    const program = new Program();
    await run(db, program, await submit(db, 'g'));
    const story = await graphHistory(db, 'g');
    const ends = story.events.flatMap(({ type, jobId }, index) =>
      type === 'JobFinished' && jobId === 'list' ? index : [],
    );
    const [end] = ends;
    assert.equal(Object.keys(story.at(end!).jobs), ['list', 'sum', 'tidy']);
    const before = await graphInfo(db, 'g', { asOf: story.events[end!]!.position });
    assert.equal(before, story.at(end! + 1));
    assert.equal(Object.keys(before.jobs).slice(3), ['list/a', 'list/b']);
    const waiting = await explainJob(db, 'g', 'sum', { asOf: story.events[end!]!.position });
    assert.equal(
      waiting.unfinishedParents.map(({ id }) => id),
      ['list/a', 'list/b'],
    );
    const times = await timeline(db, 'g');
    const child = times.jobs.find(({ jobId }) => jobId === 'list/a')!;
    assert.ok(child.spans[0]!.from >= times.jobs.find(({ jobId }) => jobId === 'list')!.endedAt!);
    const recorded = await recordedAttempt(db, 'g', 'list');
    assert.is((await replayAttempt(recorded, program.handlers['list']!)).verdict, 'same');
    program.pages = ['a', 'c'];
    const replay = await replayAttempt(recorded, program.handlers['list']!);
    assert.equal([replay.verdict, replay.differences.map(({ op }) => op).sort()], ['different', ['add', 'remove']]);
    const supposed = await whatIf(db, 'g', { retry: { maximumAttempts: 1 } });
    assert.equal(supposed.jobs, []);
    await db.close();
  });

  spec.test(
    'given what cannot be spawned, then the handler is told, nothing is written, and it may go on',
    async () => {
      const db = await freshStore(engine);
      const refused: unknown[] = [];
      const handlers: Handlers = {
        ...new Program().handlers,
        list: (job) => {
          for (const jobs of [{ 'a/b': { type: 'part' } }, { a: { type: 'part', after: ['list/*'] } }]) {
            try {
              job.spawn(jobs);
            } catch (error) {
              refused.push(error);
            }
          }
          return job.spawn({ a: { type: 'part' } });
        },
      };
      await submit(db, 'g');
      const done = await run(db, { handlers } as Program, 'g');
      assert.equal([done.status, done.jobs['list']!.result, refused.length], ['finished', ['list/a'], 2]);
      assert.ok(refused.every((error) => error instanceof InvalidSpawnError && error.code === 'spawn-invalid'));
      await db.close();
    },
  );

  spec.run();
}
