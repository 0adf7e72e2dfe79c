/** The cases of Overseer (cases.md), section F: handlers, and the ways in which a job ends. */
import { serialisable } from '../../src/handlers/failure.js';
import { type Handler, InvalidHandlerError, invokeHandler } from '../../src/handlers/handler.js';
import { isFault, signalIn } from '../../src/handlers/signals.js';
import { abort, Abort, abortSilent, fault, type RunningJob, type TypeGraph, type Worker } from '../../src/index.js';
import { commandFor, execute, type Outcome } from '../../src/worker/execute.js';
import { assert, describe } from '../support/spec.js';
import { openSentryServer } from './sentry-server.js';
import { onEveryStore, rememberingReporter, runningJob, type World } from './world.js';
import { hold } from './manual-worker.js';

const spec = describe('F: handlers and endings');

const noPolicy = () => ({ policyOfType: undefined, now: 0, random: 0 });

const chain = { j0: [], j1: ['j0'], j2: ['j1'] };

spec.test('case 93: given a function as handler, when invoked, then what it returns is the result', async () => {
  assert.is(await invokeHandler(() => 42, runningJob()), 42);
  assert.is(await invokeHandler(() => Promise.resolve(42), runningJob()), 42);
});

spec.test(
  'case 94: given process returning a list and postProcess adding it up, when invoked, then the sum',
  async () => {
    const handler: Handler = {
      preProcess: () => {},
      process: () => [1, 2, 3],
      postProcess: (_job, list: number[]) => list.reduce((sum, each) => sum + each, 0),
    };
    assert.is(await invokeHandler(handler, runningJob()), 6);
  },
);

spec.test('case 95: given a preProcess, when invoked, then its argument is the job', async () => {
  const job = runningJob();
  let seen: unknown;
  await invokeHandler({ preProcess: (given) => void (seen = given), process: () => {} }, job);
  assert.is(seen, job);
});

spec.test('case 96: given a string as handler, when invoked, then it throws', async () => {
  await assert.rejects(
    invokeHandler('report' as never, runningJob()),
    (error) => error instanceof InvalidHandlerError && /string/.test(error.message),
  );
});

spec.test('case 97: given three stages that take their time, when invoked, then they run in order', async () => {
  const ran: string[] = [];
  const stage = (name: string) => async () => {
    await Promise.resolve();
    ran.push(name);
  };
  await invokeHandler(
    { postProcess: stage('post'), process: stage('process'), preProcess: stage('pre') },
    runningJob(),
  );
  assert.equal(ran, ['pre', 'process', 'post']);
});

spec.test(
  'case 98: given a postProcess, when invoked, then its two arguments are the job and what process returned',
  async () => {
    const job = runningJob();
    let seen: readonly unknown[] = [];
    await invokeHandler({ process: () => 'result', postProcess: (...given) => void (seen = given) }, job);
    assert.is(seen.length, 2);
    assert.is(seen[0], job);
    assert.is(seen[1], 'result');
  },
);

spec.test('case 99: given process and postProcess only, when invoked, then it works', async () => {
  assert.is(await invokeHandler({ process: () => 2, postProcess: (_job, two: number) => two * 3 }, runningJob()), 6);
});

spec.test('case 100: given process only, when invoked, then it works', async () => {
  assert.is(await invokeHandler({ process: () => 2 }, runningJob()), 2);
});

spec.test('case 101: given preProcess only, when invoked, then an error says that process is missing', async () => {
  await assert.rejects(invokeHandler({ preProcess: () => {} } as never, runningJob()), /no process stage/);
});

onEveryStore(
  spec,
  'case 102: given a reserved job whose handler returns, when run, then it is finished',
  async (world) => {
    const { job } = (await world.run({ job: [] }, { job: () => 'done' })).jobs;
    assert.is(job!.status, 'finished');
    assert.is(job!.result, 'done');
  },
);

function throwBoom(): never {
  throw new Error('boom');
}

onEveryStore(spec, 'case 103: given a handler that throws, when run, then the job is failed', async (world) => {
  assert.is((await world.run({ job: [] }, { job: throwBoom })).jobs.job!.status, 'failed');
});

onEveryStore(
  spec,
  'case 104: given a handler that throws, then the record is exactly the reason, the class of the error and its message',
  async (world) => {
    class BoomError extends Error {}
    const plain = await world.run({ job: [] }, { job: throwBoom });
    assert.equal(plain.jobs.job!.failure, { reason: 'system/exception', exception: 'Error', message: 'boom' });
    const own = await world.run({ own: [] }, { own: () => Promise.reject(new BoomError('boom')) });
    assert.equal(own.jobs.own!.failure, { reason: 'system/exception', exception: 'BoomError', message: 'boom' });
  },
);

onEveryStore(
  spec,
  'case 105: given one ready job, when a worker runs on after it, then the handler ran exactly once',
  async (world) => {
    let runs = 0;
    await world.run({ job: [] }, { job: () => void (runs += 1), later: () => {} });
    await world.ended(await world.submit({ later: [] }));
    assert.is(runs, 1);
  },
);

/** Runs a job of type `job` in front of others up to its first event of a type, and returns where and how. */
async function upTo(world: World, type: 'JobFaulted' | 'JobAborted', handler: Handler, graph: TypeGraph = { job: [] }) {
  const graphId = await world.submit(graph);
  const worker = await world.work({ job: handler });
  await world.eventually(graphId, 'job', type);
  return { graphId, worker };
}

const laterMs = 3_600_000;

onEveryStore(spec, 'case 106: given a handler that faults, when run, then the handler did run', async (world) => {
  let runs = 0;
  await upTo(world, 'JobFaulted', () => {
    runs += 1;
    fault('busy', { retryAfterMs: laterMs });
  });
  assert.is(runs, 1);
});

onEveryStore(spec, 'case 107: given a handler that faults, when run, then the job is unstarted', async (world) => {
  const { graphId } = await upTo(world, 'JobFaulted', () => fault('busy', { retryAfterMs: laterMs }));
  const job = await world.job(graphId, 'job');
  assert.is(job.status, 'unstarted');
  assert.is(job.derivedStatus, 'backing-off');
});

onEveryStore(
  spec,
  'case 108: given a handler that faults once and then returns, when a worker runs, then finished after two attempts',
  async (world) => {
    const handler = (job: RunningJob) => (job.attempt === 1 ? fault('busy', { retryAfterMs: 1 }) : 'done');
    const { job } = (await world.run({ job: [] }, { job: handler })).jobs;
    assert.is(job!.status, 'finished');
    assert.is(job!.attempt, 2);
  },
);

onEveryStore(spec, 'case 109: given a handler that faults, then what follows the fault does not run', async (world) => {
  let isBehind = false;
  await upTo(world, 'JobFaulted', () => {
    fault('busy', { retryAfterMs: laterMs });
    isBehind = true;
  });
  assert.is(isBehind, false);
});

onEveryStore(spec, 'case 110: given a handler that aborts, when run, then the job is aborted', async (world) => {
  const info = await world.run({ job: [] }, { job: () => abort('not needed') });
  assert.is(info.jobs.job!.status, 'aborted');
  assert.is(info.status, 'aborted');
});

onEveryStore(
  spec,
  'case 111: given a handler that aborts, then direct and further dependents are aborted and never run',
  async (world) => {
    const ran: string[] = [];
    const handler = (job: RunningJob) => void ran.push(job.id);
    const info = await world.run(chain, { j0: () => abort('not needed'), j1: handler, j2: handler });
    assert.equal([info.jobs.j1!.status, info.jobs.j2!.status], ['aborted', 'aborted']);
    assert.equal(ran, []);
  },
);

onEveryStore(spec, 'case 112: given a handler that aborts, then what follows the abort does not run', async (world) => {
  let isBehind = false;
  const handler = () => {
    abort('not needed');
    isBehind = true;
  };
  assert.is((await world.run({ job: [] }, { job: handler })).status, 'aborted');
  assert.is(isBehind, false);
});

onEveryStore(
  spec,
  'case 113: given a handler that aborts silently, then it is aborted with its dependents',
  async (world) => {
    const info = await world.run(chain, { j0: () => abortSilent('not needed'), j1: () => {}, j2: () => {} });
    assert.equal(
      Object.values(info.jobs).map((job) => job.status),
      ['aborted', 'aborted', 'aborted'],
    );
    assert.equal(info.jobs.j0!.abort!.silent, true);
  },
);

onEveryStore(
  spec,
  'case 114: given an exception that carries an abort, then what is to be done about the job is to abort it',
  async (world) => {
    const carrying = new Error('wrapped', { cause: new Abort('not needed', false) });
    const signal = signalIn(carrying);
    assert.is(signal !== null && !isFault(signal), true);
    const held = await hold(world.store, await world.submit({ job: [] }), 'job', 'one');
    const command = commandFor({ kind: 'threw', error: carrying }, held, false, noPolicy);
    assert.equal(command, { kind: 'abort', attempt: 1, by: 'one', message: 'not needed', silent: false });
  },
);

onEveryStore(
  spec,
  'case 115: given a failing job and a good one, then a worker marks the one failed and still finishes the other',
  async (world) => {
    const failing = await world.submit({ bad: [] });
    const good = await world.submit({ good: [] });
    const worker = await world.work({ bad: throwBoom, good: () => {} });
    assert.is((await world.ended(failing)).status, 'failed');
    assert.is((await world.ended(good)).status, 'finished');
    await worker.stop();
    assert.equal([worker.statistics.failed, worker.statistics.finished], [1, 1]);
  },
);

spec.test('case 116: given a handler that returns, when run under protection, then its value', async () => {
  const outcome = await new Promise((resolve) => execute(() => ({ rows: 3 }), runningJob(), resolve));
  assert.equal(outcome, { kind: 'returned', result: { rows: 3 } });
});

onEveryStore(
  spec,
  'case 117: given a handler that throws, when run under protection, then what is to be done about the exception',
  async (world) => {
    const outcome = await new Promise<Outcome>((resolve) => execute(throwBoom, runningJob(), resolve));
    assert.is(outcome.kind, 'threw');
    const held = await hold(world.store, await world.submit({ job: [] }), 'job', 'one');
    const command = commandFor(outcome, held, false, noPolicy);
    assert.is(command.kind === 'fault' && command.cause, 'exception');
    assert.is(command.kind === 'fault' && command.failure.message, 'boom');
  },
);

spec.test('case 118: given data that JSON can hold, when filtered for a report, then it is unchanged', () => {
  const data = { text: 'a', number: 1.5, list: [1, null, { deep: true }], nothing: null };
  assert.equal(serialisable(data), data);
});

spec.test(
  'case 119: given data with one entry that JSON cannot hold, when filtered, then only that entry is gone',
  () => {
    for (const impossible of [() => {}, 10n, Symbol('x'), new Map(), Number.NaN, circular()]) {
      assert.equal(serialisable({ text: 'a', impossible, number: 1 }), { text: 'a', number: 1 });
    }
  },
);

function circular(): object {
  const itself: Record<string, unknown> = {};
  itself.itself = itself;
  return itself;
}

/** What a worker reports while it runs one job to its end. */
async function reportsOf(world: World, handler: Handler): Promise<readonly unknown[]> {
  const reporter = rememberingReporter();
  const graphId = await world.submit({ job: [] });
  const worker = await world.work({ job: handler }, { reporter });
  await world.ended(graphId);
  await worker.stop();
  return reporter.reported;
}

onEveryStore(
  spec,
  'case 120: given a reporter, when a handler throws, then there is exactly one report',
  async (world) => {
    const error = new Error('boom');
    const reports = await reportsOf(world, () => Promise.reject(error));
    assert.is(reports.length, 1);
    assert.is(reports[0], error);
  },
);

onEveryStore(
  spec,
  'case 121: given a reporter, when a handler aborts, then there is exactly one report',
  async (world) => {
    const reports = await reportsOf(world, () => abort('not needed'));
    assert.is(reports.length, 1);
    assert.ok(reports[0] instanceof Abort);
  },
);

onEveryStore(
  spec,
  'case 122: given a reporter, when a handler aborts silently, then there is no report',
  async (world) => {
    assert.equal(await reportsOf(world, () => abortSilent('not needed')), []);
  },
);

const mixed = { throws: [], aborts: [], silent: [], faults: [] };

/** Runs a graph with one job for each ending. */
async function runMixed(world: World, sentry: { dsn: string } | null): Promise<Worker> {
  const handlers = {
    throws: () => Promise.reject(Object.assign(new Error('boom'), { data: { order: 7, callback: () => {} } })),
    aborts: () => abort('not needed'),
    silent: () => abortSilent('not needed'),
    faults: (job: RunningJob) => (job.attempt === 1 ? fault('busy', { retryAfterMs: 1 }) : 'done'),
  };
  const graphId = await world.submit(mixed);
  const worker = await world.work(handlers, { sentry });
  assert.is((await world.ended(graphId)).status, 'failed');
  await worker.stop();
  return worker;
}

for (const [title, which] of [
  ['case 120: given the DSN of a server, when a handler throws, then the server receives exactly that error', 'boom'],
  ['case 121: given the DSN of a server, when a handler aborts, then the server receives exactly that', 'not needed'],
] as const) {
  onEveryStore(spec, title, async (world) => {
    const sentry = await openSentryServer();
    try {
      await runMixed(world, { dsn: sentry.dsn });
      const received = sentry.events.filter((event) => messagesOf(event).includes(which));
      assert.is(received.length, 1);
    } finally {
      await sentry.close();
    }
  });
}

onEveryStore(
  spec,
  'case 122: given the DSN of a server, when handlers throw, abort and abort silently, then only the first two are received',
  async (world) => {
    const sentry = await openSentryServer();
    try {
      await runMixed(world, { dsn: sentry.dsn });
      assert.equal(sentry.events.flatMap(messagesOf).sort(), ['boom', 'not needed']);
      const thrown = sentry.events.find((event) => messagesOf(event).includes('boom'))!;
      const extra = thrown.extra as Record<string, unknown>;
      assert.is(extra.order, 7);
      assert.not.ok('callback' in extra);
      assert.is(extra['job type'], 'throws');
    } finally {
      await sentry.close();
    }
  },
);

function messagesOf(event: Readonly<Record<string, unknown>>): readonly string[] {
  const { values } = event.exception as { values: readonly { value: string }[] };
  return values.map((exception) => exception.value);
}

onEveryStore(
  spec,
  'case 123: given no DSN, when a handler throws, then the job is failed and nothing is sent',
  async (world) => {
    const sentry = await openSentryServer();
    const before = process.env.SENTRY_DSN;
    process.env.SENTRY_DSN = sentry.dsn;
    try {
      const worker = await runMixed(world, null);
      assert.is(worker.statistics.failed, 1);
      assert.is(sentry.requests, 0);
    } finally {
      if (before === undefined) delete process.env.SENTRY_DSN;
      else process.env.SENTRY_DSN = before;
      await sentry.close();
    }
  },
);

spec.run();
