/**
 * No attempt is left without an ending, whatever its handler returns, throws or beats; and nothing gets into a log that
 * cannot be read from it.
 */
import vm from 'node:vm';
import fc from 'fast-check';
import {
  Abort,
  abort,
  Fault,
  fault,
  type GraphInfo,
  type Handlers,
  jobGraph,
  start,
  type Store,
  transactGraph,
  verify,
  waitForGraph,
  type Worker,
  type WorkerOptions,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { jobInfo } from '../../src/index.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';

class Point {
  x = 1;
}

/** What a script comes to in another realm. */
function elsewhere(script: string): unknown {
  return vm.runInNewContext(script);
}

function nested(depth: number, wrap: (inner: unknown) => unknown = (inner) => [inner]): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = wrap(value);
  return value;
}

const mixed = (inner: unknown) => ({ items: [inner], no: null });
/** Two to the power of sixty leaves, in sixty arrays. */
const exploding = () => nested(60, (inner) => [inner, inner]);

/** What is kept of what a handler returns: the value as JSON gives it back. */
const kept: Readonly<Record<string, readonly [returned: () => unknown, result: unknown]>> = {
  nothing: [() => undefined, null],
  'minus zero': [() => -0, 0],
  'a date': [() => new Date(0), '1970-01-01T00:00:00.000Z'],
  'an object of another realm': [() => elsewhere('({ a: 1, b: [1, { c: 2 }] })'), { a: 1, b: [1, { c: 2 }] }],
  'a list of another realm': [() => elsewhere('[1, [2]]'), [1, [2]]],
  'a date of another realm': [() => elsewhere('new Date(5)'), '1970-01-01T00:00:00.005Z'],
  'an object without a prototype': [() => Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
  'a key that means something': [
    () => JSON.parse('{"__proto__": {"x": 1}}') as unknown,
    JSON.parse('{"__proto__": {"x": 1}}') as unknown,
  ],
  'half a character': [() => '\ud800x', '\ud800x'],
  'the same value twice': [
    () => {
      const list = [1];
      return [list, list];
    },
    [[1], [1]],
  ],
  'something to wait for': [() => ({ then: (resolve: (value: unknown) => void) => resolve('there') }), 'there'],
  'as deep as can be': [() => nested(200), nested(200)],
  'as deep as can be, mixed': [() => nested(100, mixed), nested(100, mixed)],
};

/** What cannot be kept, and what is said of it. */
const refused: Readonly<Record<string, readonly [returned: () => unknown, message: RegExp]>> = {
  'nested too deep': [() => nested(201), /^the handler's result is nested deeper than 200; at most that is kept$/],
  'nested much too deep': [() => nested(100_000), /nested deeper than 200/],
  'mixed and nested too deep': [() => nested(150, mixed), /nested deeper than 200/],
  'nested where it writes itself': [
    () => nested(300, (inner) => ({ toJSON: () => [inner] })),
    /nested deeper than 200/,
  ],
  'writing itself for ever': [() => writingItself(), /nested deeper than 200/],
  'more than memory holds': [exploding, /larger than anything that is kept/],
  'an invalid date': [() => new Date(NaN), /result is an invalid Date/],
  'an invalid date, inside': [() => ({ at: [new Date('garbage')] }), /result\.at\[0\] is an invalid Date/],
  'an invalid date of another realm': [() => elsewhere('new Date(NaN)'), /invalid Date/],
  'an instance of a class': [() => new Point(), /is a Point/],
  'an instance of a class of another realm': [() => elsewhere('new (class Spot {})()'), /is a Spot/],
  'an instance of a class without parents': [() => withoutParents(), /cannot hold/],
  'a map of another realm': [() => elsewhere('new Map()'), /is a Map/],
  'a getter that throws': [
    () => ({
      get a(): never {
        throw new Error('no');
      },
    }),
    /cannot be written as JSON: no/,
  ],
  'a proxy that throws': [
    () =>
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('no keys');
          },
        },
      ),
    /no keys/,
  ],
  'a proxy that throws nothing one can look at': [
    () =>
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw Object.create(null) as Error;
          },
        },
      ),
    /throws again when looked at/,
  ],
  'a proxy that cannot be used any more': [() => revoked(), /revoked/],
  'a then that throws': [
    () => ({
      get then(): never {
        throw new Error('then');
      },
    }),
    /^then$/,
  ],
};

function writingItself(): object {
  return { toJSON: () => writingItself() };
}

function withoutParents(): object {
  return Object.create(Object.create(null, { constructor: { value: class Alone {} } }) as object) as object;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** What a handler throws, and what its failure says. */
const thrown: Readonly<Record<string, readonly [thrown: () => unknown, exception: string, message: RegExp | null]>> = {
  'a message that is an object': [() => withMessage({ status: 429 }), 'Error', /^\{"status":429\}$/],
  'a message that is a number': [() => withMessage(42), 'Error', /^42$/],
  'a message that is a symbol': [() => withMessage(Symbol('s')), 'Error', /Symbol\(s\)/],
  'a message that refers to itself': [() => withMessage(circular()), 'Error', /\[object Object\]/],
  'a message that is nested too deep': [() => withMessage(nested(100_000)), 'Error', /\[object Array\]/],
  'no message at all': [() => withMessage(undefined), 'Error', null],
  'a message that throws': [() => throwing('message'), 'Error', /throws again when looked at/],
  'a stack that throws': [() => throwing('stack'), 'Error', /^visible$/],
  'a name that throws': [() => throwing('name'), 'Error', /^visible$/],
  'data that throws': [() => throwing('data'), 'Error', /^visible$/],
  'data that is nested too deep': [
    () => Object.assign(new Error('deep'), { data: nested(5000, mixed) }),
    'Error',
    /^deep$/,
  ],
  'own values that are nested too deep': [
    () => Object.assign(new Error('deep'), { body: nested(5000) }),
    'Error',
    /^deep$/,
  ],
  'a constructor that is none': [
    () => Object.create(new Error('visible'), { constructor: { value: undefined } }) as unknown,
    'Error',
    /^visible$/,
  ],
  'an error of another realm': [() => thrownBy('null.x'), 'TypeError', /Cannot read properties of null/],
  'a class of another realm': [
    () => thrownBy('class Odd extends RangeError {}; throw new Odd("too far")'),
    'Odd',
    /^too far$/,
  ],
  'a syntax error of another realm': [() => thrownBy('let x = ;'), 'SyntaxError', /Unexpected token/],
  'a proxy that throws': [
    () =>
      new Proxy(new Error('px'), {
        get: () => {
          throw new Error('trap');
        },
      }),
    'unknown',
    /throws again/,
  ],
  'a proxy that cannot be used any more': [revoked, 'unknown', /throws again/],
  'a text that is too long': [() => new Error('x'.repeat(1_000_000)), 'Error', /cut: 1000000 bytes/],
  'no error at all': [() => undefined, 'undefined', null],
};

function withMessage(message: unknown): Error {
  const error = new Error('');
  error.message = message as string;
  return error;
}

function throwing(field: string): Error {
  return Object.defineProperty(new Error('visible'), field, {
    get: () => {
      throw new Error(`no ${field}`);
    },
  });
}

function circular(): object {
  const self: { self?: object } = {};
  self.self = self;
  return self;
}

function thrownBy(script: string): unknown {
  try {
    return vm.runInNewContext(script) as unknown;
  } catch (error) {
    return error;
  }
}

/** Delays that are none: the policy's is taken in their place. */
const oddDelays: readonly unknown[] = [NaN, -5, '5s', null, {}, [3], true, Symbol('s'), 10n, () => 1, -Infinity];

for (const engine of engines) {
  const spec = describe(`endings on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });
  let db: Store;
  const workers: Worker[] = [];
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);

  spec.beforeEach(async () => {
    db = await freshStore(engine);
    process.on('unhandledRejection', note);
  });

  spec.afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.stop();
    await db.close();
    process.off('unhandledRejection', note);
    assert.equal(unhandled.splice(0), []);
  });

  async function work(handlers: Handlers, options: WorkerOptions = {}): Promise<void> {
    workers.push(await start({ concurrency: 16, ...options }, db, handlers));
  }

  /** Runs one job a name, by the handler of its name. */
  async function ended(handlers: Handlers): Promise<GraphInfo> {
    await work(handlers);
    const types = Object.keys(handlers).map((type) => [type, []]);
    const { graphId } = await transactGraph(db, jobGraph(Object.fromEntries(types) as Record<string, []>));
    return await waitForGraph(db, graphId, { timeoutMs: 30_000 });
  }

  spec.test('given what JSON can hold, when it is returned, then it is the result as JSON gives it back', async () => {
    const { jobs } = await ended(
      Object.fromEntries(Object.entries(kept).map(([name, [returned]]) => [name, returned])),
    );
    for (const [name, [, result]] of Object.entries(kept)) {
      assert.is(jobs[name]!.failure?.message, undefined, name);
      assert.is(JSON.stringify(jobs[name]!.result), JSON.stringify(result), name);
    }
  });

  spec.test(
    'given what JSON cannot hold, when it is returned, then that attempt has failed, and says why',
    async () => {
      const { jobs } = await ended(
        Object.fromEntries(Object.entries(refused).map(([name, [returned]]) => [name, returned])),
      );
      for (const [name, [, message]] of Object.entries(refused)) {
        assert.is(jobs[name]!.status, 'failed', name);
        assert.match(jobs[name]!.failure!.message!, message, name);
      }
      assert.equal((await verify(db)).problems, []);
    },
  );

  spec.test('given whatever is thrown, then that attempt has failed, with what can be seen of it', async () => {
    const handlers = Object.entries(thrown).map(
      ([name, [make]]) =>
        [
          name,
          () => {
            throw make();
          },
        ] as const,
    );
    const { jobs } = await ended(Object.fromEntries(handlers));
    for (const [name, [, exception, message]] of Object.entries(thrown)) {
      assert.is(jobs[name]!.status, 'failed', name);
      assert.is(jobs[name]!.failure!.exception, exception, name);
      if (message === null) assert.is(jobs[name]!.failure!.message, null, name);
      else assert.match(jobs[name]!.failure!.message!, message, name);
    }
    assert.equal((await verify(db)).problems, []);
  });

  spec.test('given aborts and faults in words that are none, then they are recorded', async () => {
    class Odd extends Abort {
      override get message(): string {
        return { why: 1 } as unknown as string;
      }
    }
    const { jobs } = await ended({
      object: () => abort({ why: 1 } as unknown as string),
      number: () => abort(42 as unknown as string),
      nothing: () => abort(undefined as unknown as string),
      odd: () => {
        throw new Odd('', 'yes' as unknown as boolean);
      },
      throwing: () => {
        throw Object.defineProperty(new Abort('seen', true), 'message', {
          get: () => {
            throw new Error('no');
          },
        });
      },
    });
    for (const job of Object.values(jobs))
      assert.equal([job.id, job.status, typeof job.abort?.message], [job.id, 'aborted', 'string']);
    assert.equal((await verify(db)).problems, []);
  });

  spec.test('given delays that are none, when a fault asks for them, then the policy’s is taken', async () => {
    const names = oddDelays.map((_, index) => `odd ${index}`);
    await work(
      Object.fromEntries(
        names.map((name, index) => [
          name,
          () => {
            throw new Fault('later', oddDelays[index] as number);
          },
        ]),
      ),
    );
    const { graphId } = await transactGraph(db, jobGraph(Object.fromEntries(names.map((name) => [name, []]))));
    for (const name of names) {
      await eventually(
        `${name} backs off`,
        async () => (await jobInfo(db, graphId, name)).derivedStatus === 'backing-off',
      );
      const events = await rightOf(db.log.readStream({ graphId, jobId: name }));
      const next = events[1]?.type === 'JobFaulted' ? events[1].data.next : null;
      assert.ok(next?.kind === 'retry' && next.delayMs! >= 800 && next.delayMs! <= 1000, name);
    }
  });

  spec.test(
    'given a policy whose powers grow beyond all numbers, then every attempt ends, and each is tried again',
    async () => {
      let runs = 0;
      await work({ poll: () => (++runs <= 1100 ? fault('not yet') : 'there') });
      const poll = { type: 'poll', retry: { initialIntervalMs: 0, backoffCoefficient: 1000, maximumIntervalMs: 0 } };
      const { graphId } = await transactGraph(db, jobGraph({ jobs: { poll } }));
      const { jobs } = await waitForGraph(db, graphId, { timeoutMs: 50_000 });
      assert.equal([jobs['poll']!.result, jobs['poll']!.attempt], ['there', 1101]);
    },
  );

  spec.test(
    'given details of every kind, when they are beaten, then they are kept or refused, and the job goes on',
    async () => {
      const told: Record<string, string> = {};
      await work({
        beat: async (job) => {
          for (const [name, [make]] of Object.entries({ ...kept, ...refused })) {
            if (name === 'something to wait for' || name === 'a then that throws') continue;
            told[name] = await job.heartbeat(make()).then(
              () => 'kept',
              (error: Error) => error.message,
            );
          }
          return 'done';
        },
      });
      const { graphId } = await transactGraph(db, jobGraph({ beat: [] }));
      assert.is((await waitForGraph(db, graphId)).jobs['beat']!.result, 'done');
      for (const name of Object.keys(kept)) if (name in told) assert.is(told[name], 'kept', name);
      for (const name of Object.keys(refused))
        if (name in told) assert.match(told[name]!, /^the heartbeat's details/, name);
      assert.equal((await verify(db)).problems, []);
    },
  );

  spec.test(
    'given args of every depth, when they are submitted, then they are run or refused, and nothing else suffers',
    async () => {
      await work({ look: ({ args }) => Object.keys(args).length });
      for (const depth of [1, 2, 50, 198, 199, 200, 201, 256, 1000, 1300, 5000, 20_000, 100_000]) {
        const args = { list: nested(depth) };
        const submit = async () => await transactGraph(db, jobGraph({ look: [] }, args));
        if (depth < 200) assert.is((await waitForGraph(db, (await submit()).graphId)).status, 'finished');
        else
          await assert.rejects(submit(), (error) =>
            /args are nested deeper than 200|args is nested deeper than 200/.test((error as Error).message),
          );
      }
      assert.is((await waitForGraph(db, (await transactGraph(db, jobGraph({ look: [] }))).graphId)).status, 'finished');
    },
  );

  spec.test(
    'given any JSON at all, near every limit, when jobs return it, then three workers end them all, and the log is sound',
    async () => {
      const [samples] = [
        fc.sample(fc.tuple(fc.integer({ min: 0, max: 7 }), fc.jsonValue({ maxDepth: 4 }), fc.nat({ max: 520 })), {
          numRuns: 60,
          seed: 7,
        }),
      ];
      const values = samples.map(([kind, leaf, size]): unknown => {
        if (kind < 2) return nested(195 + (size % 12), kind === 0 ? undefined : mixed);
        if (kind === 2) return 'x'.repeat(512 * 1024 - 4 + (size % 8));
        if (kind === 3) return nested(size * 200, (inner) => [inner]);
        if (kind === 4) return { [`k${'y'.repeat(size * 1024)}`]: leaf };
        if (kind === 5) return Array.from({ length: size }, () => leaf);
        return leaf;
      });
      for (let n = 0; n < 2; n++) await work({ value: ({ args }) => values[args['index'] as number] });
      await work({
        value: ({ args }) => values[args['index'] as number],
        count: ({ inputs }) => Object.keys(inputs).length,
      });
      const jobs = Object.fromEntries(values.map((_, index) => [`v${index}`, { type: 'value', args: { index } }]));
      const { graphId } = await transactGraph(db, jobGraph({ jobs }));
      const info = await waitForGraph(db, graphId, { timeoutMs: 50_000 });
      const endings = new Set(Object.values(info.jobs).map(({ status }) => status));
      assert.equal([...endings].sort(), ['failed', 'finished']);
      for (const [index, value] of values.entries()) {
        const job = info.jobs[`v${index}`]!;
        if (job.status === 'finished') assert.is(JSON.stringify(job.result), JSON.stringify(value));
        else
          assert.match(
            job.failure!.message!,
            /nested deeper than 200|takes \d+ bytes as JSON; at most 524288 are kept|larger than anything/,
          );
      }
      assert.equal((await verify(db)).problems, []);
    },
  );
  spec.run();
}
