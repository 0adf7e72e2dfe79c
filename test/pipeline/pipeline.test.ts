/** Pipelines as they run: what the types promise is so, and what no compiler has seen is refused in one sentence. */
import * as t from '../../src/prelude/io.js';
import {
  finishJob,
  jobGraph,
  pipeline,
  type RunningJob,
  skip,
  start,
  type StandardSchema,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { runGraph } from '../../src/testing/index.js';
import { refusal } from '../support/refusal.js';
import { assert, describe } from '../support/spec.js';
import { freshStore } from '../support/stores.js';

const nightly = pipeline<{ shop: string }>()({ fetch: [], count: ['fetch'], report: ['count'] })
  .handle('fetch', async () => [{ amount: 3, at: new Date(0), left: undefined }])
  .handle('count', ({ inputs }) => `${inputs.fetch.length} since ${inputs.fetch[0]!.at}`)
  .handle('report', ({ args, inputs }) => `${args.shop}: ${inputs.count}`);

/** What the compiler would refuse. */
const loose = pipeline as unknown as (options?: unknown) => (jobs: unknown) => {
  readonly handle: (type: unknown, handler: unknown) => typeof looseNightly;
  readonly handlers: Readonly<Record<string, unknown>>;
  readonly graph: (...given: readonly unknown[]) => unknown;
};
const looseNightly = loose()({ fetch: [], count: ['fetch'], ask: { after: ['count'], external: true } });

for (const engine of ['memory', 'sqlite'] as const) {
  const spec = describe(`a pipeline on ${engine}`, { timeoutMs: 30_000 });
  let db: Store;

  spec.beforeEach(async () => {
    db = await freshStore(engine);
  });
  spec.afterEach(() => db.close());

  spec.test(
    'given all handlers, when its graph is submitted, then each job gets what its parents returned',
    async () => {
      const { graphId, stored } = await transactGraph(db, nightly.graph({ shop: 'Oslo' }, { id: 'monday' }));
      assert.equal([graphId, stored], ['monday', true]);
      assert.is((await transactGraph(db, nightly.graph({ shop: 'Oslo' }, { id: 'monday' }))).stored, false);
      const worker = await start({}, db, nightly.handlers);
      const { jobs, status } = await waitForGraph(db, graphId, nightly);
      await worker.stop();
      assert.is(status, 'finished');
      assert.is(jobs.report.result, 'Oslo: 1 since 1970-01-01T00:00:00.000Z');
      assert.equal(jobs.fetch.result, [{ amount: 3, at: '1970-01-01T00:00:00.000Z' }]);
    },
  );

  spec.test(
    'given jobs that spawn, are answered, skipped and of one type, then inputs are what the types say',
    async () => {
      const page = ({ args }: RunningJob<{ shop: string; page: number }>) => ({
        rows: args.page * 10,
        shop: args.shop,
      });
      const growing = pipeline<{ shop: string }>()({
        list: { spawns: { page } },
        total: ['list/*'],
        approve: { after: ['total'], external: { for: 'the finance team' } },
        'mail 1': { after: ['approve'], type: 'mail', args: { to: 'a' } },
        'mail 2': { after: ['approve'], type: 'mail', args: { to: 'b', shop: 'Bergen' } },
        tidy: { after: ['mail 1', { job: 'mail 2', optional: true }, 'approve'], when: 'all-ended' },
      })
        .answers<{ approve: { ok: boolean } }>()
        .handle('list', ({ spawn }) => {
          spawn({ a: { type: 'page', args: { page: 1 } }, b: { type: 'page', args: { page: 2, shop: 'Bergen' } } });
        })
        .handle('total', ({ inputs }) => {
          const { list, ...pages } = inputs;
          return [list, ...Object.values(pages).map(({ rows, shop }) => `${shop} ${rows}`)];
        })
        .handle('mail', ({ args, inputs, id }) => {
          if (id === 'mail 2') return skip('not today');
          return `${args.to} ${args.shop} ${inputs.approve.ok}`;
        })
        .handle('tidy', ({ inputs, parents }) => [Object.keys(inputs).sort(), parents['mail 2'].status]);
      const { graphId } = await transactGraph(db, growing.graph({ shop: 'Oslo' }));
      const worker = await start({}, db, growing.handlers);
      const answered = waitForGraph(db, graphId, growing, {
        onChange: ({ counts }) => {
          if (counts.finished === 4) finishJob(db, graphId, 'approve', { ok: true }).catch(() => {});
        },
      });
      const { jobs } = await answered;
      await worker.stop();
      assert.equal(jobs.total.result, [null, 'Oslo 10', 'Bergen 20']);
      assert.is(jobs['mail 1'].result, 'a Oslo true');
      assert.equal([jobs['mail 2'].status, jobs['mail 2'].result], ['skipped', null]);
      assert.equal(jobs.tidy.result, [['approve', 'mail 1'], 'skipped']);
      assert.equal(jobs['list/b']?.result, { rows: 20, shop: 'Bergen' });
    },
  );

  spec.test(
    'given a graph that was made otherwise, when it is waited for with a pipeline, then that is refused at once',
    async () => {
      await transactGraph(db, jobGraph({ fetch: [], count: ['fetch'] }, {}, { id: 'shorter' }));
      const jobs = { fetch: { type: 'fetch' }, count: { type: 'sum' }, report: { type: 'report' } };
      await transactGraph(db, jobGraph({ jobs }, {}, { id: 'others' }));
      const then = 'wait with the pipeline that it was made from, or with none';
      assert.equal(await refusal(() => waitForGraph(db, 'shorter', nightly)), [
        'pipeline-other',
        `graph "shorter" was not made from this pipeline: it has no job "report"; ${then}`,
      ]);
      assert.equal(await refusal(() => waitForGraph(db, 'others', nightly)), [
        'pipeline-other',
        `graph "others" was not made from this pipeline: its job "count" is of type "sum", not "count"; ${then}`,
      ]);
      assert.is((await refusal(() => waitForGraph(db, 'nobody', nightly)))[0], 'graph-not-found');
      assert.is(
        (await refusal(() => waitForGraph(db, 'shorter', nightly, { timeout: 1 } as never)))[0],
        'name-unknown',
      );
      assert.is((await refusal(() => waitForGraph(db, 'shorter', { timeout: 1 } as never)))[0], 'name-unknown');
    },
  );

  spec.run();
}

const making = describe('a pipeline that is made');

making.test('given what no compiler has seen, then it is refused, and the sentence names what is wrong', async () => {
  const fetched = looseNightly.handle('fetch', () => 1);
  const refused: readonly (readonly [() => unknown, code: string, message: RegExp])[] = [
    [() => loose()({ fetch: [], count: ['fecth'] }), 'graph-invalid', /depends on "fecth".*did you mean fetch\?/],
    [() => loose()({ a: ['b'], b: ['a'] }), 'graph-invalid', /in a cycle/],
    [() => loose()({ a: { timeoutMS: 3 } }), 'graph-invalid', /has no field "timeoutMS"; did you mean timeoutMs\?/],
    [() => loose()({ a: null }), 'graph-invalid', /^job "a" is null/],
    [() => loose()(null), 'graph-invalid', /^a graph is an object/],
    [() => loose()({}), 'graph-invalid', /^a graph needs at least one job/],
    [() => loose({ arg: 1 }), 'name-unknown', /^pipeline has no option "arg"; did you mean args\?/],
    [() => loose({ args: 1 }), 'schema-invalid', /^the schema of the args is 1; give a schema/],
    [() => loose()({ a: { spawns: [] } }), 'handler-invalid', /^spawns of job "a" is no object of handlers/],
    [() => loose()({ a: { spawns: { b: 1 } } }), 'handler-invalid', /^the handler of type "b" is a number/],
    [() => fetched.handle('fetch', () => 1), 'handler-invalid', /^type "fetch" has a handler already$/],
    [
      () => fetched.handle('cuont', () => 1),
      'handler-invalid',
      /of type "cuont" in this pipeline; did you mean count\?/,
    ],
    [() => fetched.handle('ask', () => 1), 'handler-invalid', /^no worker runs a job of type "ask"/],
    [() => fetched.handle('count', 1), 'handler-invalid', /^the handler of type "count" is a number/],
    [() => fetched.handlers, 'handlers-missing', /^there is no handler for "count"$/],
    [() => looseNightly.graph([]), 'graph-invalid', /^args must be an object, not a list$/],
    [() => looseNightly.graph({}, { prioriti: 1 }), 'graph-invalid', /did you mean priority\?/],
  ];
  for (const [ask, code, message] of refused) {
    const [found, said] = await refusal(ask);
    assert.is(found, code, said);
    assert.match(said, message);
  }
});

making.test('given two handlers for different jobs, then neither pipeline knows of the other', async () => {
  const [left, right] = [looseNightly.handle('fetch', () => 1), looseNightly.handle('count', () => 2)];
  assert.match((await refusal(() => left.handlers))[1], /for "count"$/);
  assert.match((await refusal(() => right.handlers))[1], /for "fetch"$/);
  assert.equal(Object.keys(left.handle('count', () => 2).handlers), ['fetch', 'count']);
  assert.ok(Object.isFrozen(left));
});

making.test('given types with the names of what every object has, then they are types like others', async () => {
  const odd = pipeline()({ toString: [], constructor: ['toString'] })
    .handle('toString', () => 1)
    .handle('constructor', () => 2);
  const run = await runGraph(odd.graph(), odd.handlers);
  assert.is(run.status, 'finished');
  assert.equal(Object.keys(odd.handlers), ['toString', 'constructor']);
});

making.test(
  'given one handler that two jobs spawn, then it is one; given two for one type, then that is refused',
  async () => {
    const page = () => 1;
    const shared = pipeline()({ a: { spawns: { page } }, b: { spawns: { page } } });
    assert.equal(Object.keys(shared.handle('a', () => 1).handle('b', () => 2).handlers), ['page', 'a', 'b']);
    const [code, said] = await refusal(() => pipeline()({ a: { spawns: { page } }, b: { spawns: { page: () => 2 } } }));
    assert.equal([code, said], ['handler-invalid', 'type "page" has a handler already']);
  },
);

making.run();

const schemas = describe('the schema of a pipeline');

/** A schema as those of libraries are, for a shop and a number of days that is 7 unless given. */
function shopSchema(validate: StandardSchema<Shop, Required<Shop>>['~standard']['validate']) {
  const schema: StandardSchema<Shop, Required<Shop>> = { '~standard': { version: 1, vendor: 'a test', validate } };
  return schema;
}

interface Shop {
  readonly shop: string;
  readonly days?: number;
}

const jobs = { a: { args: { extra: 1 } } } as const;

schemas.test('given a Standard Schema, then args are checked, and what it makes of them is stored', async () => {
  const checked = pipeline({
    args: shopSchema((value) => {
      const { shop, days = 7 } = value as Partial<Shop>;
      if (typeof shop === 'string') return { value: { shop, days } };
      return { issues: [{ message: 'expected a text', path: ['shop', { key: 0 }] }, { message: 'no' }] };
    }),
  })(jobs).handle('a', ({ args }) => `${args.shop} ${args.days * 2} ${args.extra}`);
  assert.equal(checked.graph({ shop: 'Oslo', more: 1 } as Shop).jobs['a']!.args, { shop: 'Oslo', days: 7, extra: 1 });
  assert.equal(await refusal(() => checked.graph({ shop: 3 } as never)), [
    'graph-invalid',
    'the args do not fit the schema of the pipeline: args.shop[0]: expected a text; args: no',
  ]);
  const run = await runGraph(checked.graph({ shop: 'Oslo' }), checked.handlers);
  assert.is(run.jobs['a']!.result, 'Oslo 14 1');
});

schemas.test('given a codec of io-ts, then args are checked by it, and the message names the path', async () => {
  const Named = t.readonly(t.record(t.string, t.number));
  const checked = pipeline({ args: Named })(jobs).handle('a', ({ args }) => args['days'] ?? null);
  assert.equal(checked.graph({ days: 3 }).jobs['a']!.args, { days: 3, extra: 1 });
  assert.equal(await refusal(() => checked.graph({ days: 'three' } as never)), [
    'graph-invalid',
    'the args do not fit the schema of the pipeline: args.days: expected number, got "three"',
  ]);
  assert.match((await refusal(() => checked.graph(null as never)))[1], /pipeline: args: expected .*, got null$/);
});

schemas.test(
  'given a schema that answers later, throws, or makes of args what JSON cannot hold, then it is refused',
  async () => {
    const graphOf = (validate: Parameters<typeof shopSchema>[0]) =>
      pipeline({ args: shopSchema(validate) })(jobs).graph({ shop: 'x' });
    const later = await refusal(() => graphOf(() => Promise.reject(new Error('later'))));
    assert.is(later[0], 'schema-invalid');
    assert.match(later[1], /^the schema of the args answers later, by a promise/);
    const thrown = await refusal(() =>
      graphOf(() => {
        throw new TypeError('no');
      }),
    );
    assert.equal(thrown, ['graph-invalid', 'the args do not fit the schema of the pipeline: the schema threw: no']);
    const map = { shop: 'x', days: new Map() } as never;
    assert.match((await refusal(() => graphOf(() => ({ value: map }))))[1], /^args\.days is a Map/);
    assert.match(
      (await refusal(() => graphOf(() => ({ value: 3 as never }))))[1],
      /^args must be an object, not a number/,
    );
  },
);

schemas.run();
