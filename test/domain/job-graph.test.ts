/** Which graphs are valid, and the sentence that each invalid one gets. */
import fc from 'fast-check';
import { jobGraph, InvalidGraphError, simpleGraph } from '../../src/index.js';
import { buildJobGraph, checkJobGraph } from '../../src/domain/build-job-graph.js';
import { partsOf } from '../../src/domain/submission.js';
import { left, right } from '../support/right.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('job graphs');

function refusal(build: () => unknown): string {
  try {
    build();
  } catch (error) {
    if (error instanceof InvalidGraphError && error.code === 'graph-invalid') return error.message;
    throw error;
  }
  throw new Error('expected an InvalidGraphError');
}

const wrong = (definition: unknown, args?: unknown, options?: object) =>
  refusal(() => jobGraph(definition as never, args as never, options));
const circular: Record<string, unknown> = {};
circular['self'] = { list: [circular] };

/** What is wrong with what a job says of time. */
const timed = (times: object): string => wrong({ jobs: { a: { type: 'a', ...times } } });

/** [what is given, the sentence it gets] */
const sentences: readonly (readonly [title: string, sentence: string, expected: string | RegExp])[] = [
  [
    'a cycle',
    wrong({ a: ['c'], b: ['a'], c: ['b'] }),
    'the jobs depend on each other in a cycle: "a" → "c" → "b" → "a"',
  ],
  [
    'a cycle after a chain',
    wrong({ x: ['a'], a: ['b'], b: ['a'] }),
    'the jobs depend on each other in a cycle: "a" → "b" → "a"',
  ],
  ['a self-dependency', wrong({ a: ['a'] }), 'job "a" depends on itself'],
  ['an unknown parent', wrong({ a: ['ghost'] }), 'job "a" depends on "ghost", which is not a job of this graph'],
  ['no jobs', wrong({}), 'a graph needs at least one job'],
  ['a bare parent', wrong({ a: [], b: 'a' }), /the parents of type "b" must be a list.* not the string "a"/],
  ['a parent that is no name', wrong({ a: [7] }), 'a parent of type "a" is a number, not a name'],
  ['no graph', wrong('fetch'), /a graph is an object of types.*not the string "fetch"/],
  ['nothing', wrong(null), /not null$/],
  [
    'a duplicate id',
    refusal(() => simpleGraph({ id: 'a', type: 't' }, { id: 'a', type: 'u' })),
    'two jobs have the id "a"',
  ],
  ['a job without id', refusal(() => simpleGraph({ type: 't' } as never)), 'job 1: id: expected string, got nothing'],
  [
    'a job already started',
    refusal(() => simpleGraph({ id: 'a', type: 't', status: 'started' })),
    /job 1 is started; a graph is submitted with every job unstarted/,
  ],
  [
    'an unknown field of a job',
    wrong({ jobs: { a: { type: 't', parents: [] } } }),
    'job "a" has no field "parents"; there are type, after, when, args, retry, timeoutMs, startToCloseMs, startAfter, delayMs, scheduleToStartMs, scheduleToCloseMs, maximumLostLeases, priority, memoize, external, limits',
  ],
  [
    'a misspelt policy',
    wrong({ jobs: { a: { type: 't', retry: { maxAttempts: 2 } } } }),
    /job "a": retry: retry policy has no field "maxAttempts"; did you mean maximumAttempts\? There are maximumAttempts, /,
  ],
  [
    'an impossible policy',
    wrong({ jobs: { a: { type: 't', retry: { maximumAttempts: 0 } } } }),
    'job "a": retry.maximumAttempts: expected whole number from 1, got 0',
  ],
  [
    'an impossible time limit',
    wrong({ jobs: { a: { type: 't', timeoutMs: 0.5 } } }),
    'timeoutMs of job "a" is 0.5; it is a whole number of milliseconds from 1',
  ],
  [
    'a misspelt field of memoize',
    wrong({ jobs: { a: { type: 't', memoize: { key: 'k', maxAge: 2 } } } }),
    'job "a": memoize: memoize has no field "maxAge"; did you mean maxAgeMs? There are key, maxAgeMs, fresh',
  ],
  [
    'no key',
    wrong({ jobs: { a: { type: 't', memoize: {} } } }),
    /^job "a": memoize\.key: expected string, got nothing$/,
  ],
  [
    'a key that is no object',
    wrong({ jobs: { a: { type: 't', memoize: 'k' } } }),
    'job "a": memoize: expected memoize, got "k"',
  ],
  ['an empty key', wrong({ jobs: { a: { type: 't', memoize: { key: '' } } } }), 'memoize.key of job "a" is empty'],
  [
    'a line break in a key',
    wrong({ jobs: { a: { type: 't', memoize: { key: 'a\nb' } } } }),
    /^memoize\.key of job "a" "a\\nb" has a line break/,
  ],
  [
    'a long key',
    wrong({ jobs: { a: { type: 't', memoize: { key: 'ü'.repeat(201) } } } }),
    /^memoize\.key of job "a" "ü+…" is 402 bytes long; the limit is 400$/,
  ],
  [
    'an age of nothing',
    wrong({ jobs: { a: { type: 't', memoize: { key: 'k', maxAgeMs: 0 } } } }),
    'job "a": memoize.maxAgeMs: expected whole number from 1, got 0',
  ],
  ['args that are a list', wrong({ a: [] }, [1]), 'args must be an object, not a list'],
  ['a function in args', wrong({ a: [] }, { f: () => 1 }), 'args.f is a function, which JSON cannot hold'],
  ['a symbol in args', wrong({ a: [] }, { s: Symbol('x') }), 'args.s is a symbol, which JSON cannot hold'],
  ['a BigInt in args', wrong({ a: [] }, { deep: { list: [1n] } }), /^args\.deep\.list\[0\] is a BigInt/],
  ['NaN in args', wrong({ a: [] }, { n: Number.NaN }), 'args.n is NaN, which JSON cannot hold'],
  ['infinity in args', wrong({ a: [] }, { n: -Infinity }), 'args.n is -Infinity, which JSON cannot hold'],
  [
    'undefined in a list',
    wrong({ a: [] }, { list: [undefined] }),
    'args.list[0] is undefined, which JSON cannot hold; use null',
  ],
  ['a cycle in args', wrong({ a: [] }, circular), 'args.self.list[0] refers back to itself, which JSON cannot hold'],
  ['a Map in args', wrong({ a: [] }, { m: new Map() }), /^args\.m is a Map/],
  [
    'args of one job',
    wrong({ jobs: { a: { type: 't', args: { 'odd key': 1n } } } }),
    /^args of job "a"\["odd key"\] is a BigInt/,
  ],
  [
    'args too large',
    wrong({ a: [] }, { text: 'x'.repeat(300_000) }),
    /^args take 300011 bytes as JSON; the limit is 262144/,
  ],
  [
    'a rule that does not exist',
    wrong({ jobs: { a: { type: 't' }, b: { type: 't', after: ['a'], when: 'all-end' } } }),
    /^when of job "b" is "all-end", which is no rule; did you mean all-ended\? There are all-finished, none-failed/,
  ],
  [
    'a rule that is no text',
    wrong({ jobs: { a: { type: 't' }, b: { type: 't', after: ['a'], when: ['all-ended'] } } }),
    /^job "b": when: .*string/,
  ],
  [
    'one of no jobs that is to finish',
    wrong({ jobs: { b: { type: 't', when: 'any-finished' } } }),
    'job "b" is to run "any-finished", and depends on no job; name some in after',
  ],
  [
    'an optional parent that does not exist',
    wrong({ jobs: { fetch: { type: 't' }, b: { type: 't', after: [{ job: 'fetsch', optional: true }] } } }),
    'job "b" depends on "fetsch", which is not a job of this graph; did you mean fetch?',
  ],
  [
    'a parent that is optional and not',
    wrong({ jobs: { a: { type: 't' }, b: { type: 't', after: ['a', { job: 'a', optional: true }] } } }),
    'job "b" names "a" twice, as optional and not',
  ],
  [
    'a parent with another field',
    wrong({ jobs: { a: { type: 't' }, b: { type: 't', after: [{ job: 'a', option: true }] } } }),
    'a parent of job "b" has no field "option"; did you mean optional? There are job, optional',
  ],
  [
    'a dependency that is no name',
    wrong({ jobs: { b: { type: 't', after: [7] } } }),
    /^a parent of job "b" is a number, not a name, such as 'a' or \{ job: 'a', optional: true \}$/,
  ],
  [
    'optional that is no yes or no',
    wrong({ jobs: { a: { type: 't' }, b: { type: 't', after: [{ job: 'a', optional: 'yes' }] } } }),
    'optional in a parent of job "b" is the string "yes"; it is true or false',
  ],
  ['an empty id', wrong({ '': [] }), 'job id is empty'],
  ['a line break in an id', wrong({ 'a\nb': [] }), 'job id "a\\nb" has a line break or another control character'],
  ['another control character', wrong({ 'a\u0000b': [] }), /control character/],
  ['a line separator', wrong({ 'a\u2028b': [] }), /line break/],
  ['half a character', wrong({ 'a\ud800': [] }), /is not well-formed Unicode/],
  ['a space at the end', wrong({ 'a ': [] }), 'job id "a " begins or ends with a space'],
  ['a very long id', wrong({ ['x'.repeat(10_240)]: [] }), /^job id "x{57}…" is 10240 bytes long; the limit is 500$/],
  ['__proto__', wrong({ ['__proto__']: [] }), /"__proto__" is not possible/],
  ['a slash in a graph id', wrong({ a: [] }, {}, { id: 'a/b' }), /graph id "a\/b" has a slash/],
  ['a graph id that is no string', wrong({ a: [] }, {}, { id: 7 }), /graph id is a number, not a string/],
  ['a long graph id', wrong({ a: [] }, {}, { id: 'ü'.repeat(101) }), /is 202 bytes long; the limit is 200/],
  ['a label that is no string', wrong({ a: [] }, {}, { labels: { a: 1 } }), 'label "a" is a number, not a string'],
  ['a priority between', wrong({ a: [] }, {}, { priority: 0.5 }), 'priority 0.5 is not a whole number'],
  ['a priority of a job between', timed({ priority: 0.5 }), 'priority of job "a" is 0.5, not a whole number'],
  [
    'an external job with a priority',
    timed({ external: true, priority: 1 }),
    /^job "a" is external and has priority; no worker/,
  ],
  [
    'a start without a zone',
    timed({ startAfter: '2026-12-01T06:00:00' }),
    /^startAfter of job "a" is "2026-12-01T06:00:00"; give a date and a time with a zone, such as 2026-/,
  ],
  [
    'a start that is no day',
    timed({ startAfter: '2026-13-01T06:00:00Z' }),
    /^startAfter of job "a" is "2026-13-01T06:00:00Z"; give a date/,
  ],
  [
    'a start in the year 9999',
    timed({ startAfter: '9999-01-01T00:00:00Z' }),
    'startAfter of job "a" is 9999-01-01T00:00:00.000Z; give an instant from 1970 up to 2199',
  ],
  ['a start that is no Date', timed({ startAfter: new Date(NaN) }), /^startAfter of job "a" is an invalid Date/],
  ['a start that is a number', timed({ startAfter: 5 }), /^startAfter of job "a" is a number; give a date/],
  ['a delay of nothing', timed({ delayMs: 0 }), 'delayMs of job "a" is 0; it is a whole number of milliseconds from 1'],
  [
    'a delay of centuries',
    timed({ delayMs: 1e15 }),
    /^delayMs of job "a" is 1000000000000000; the limit is 3162240000000, a century$/,
  ],
  ['a limit between', timed({ scheduleToStartMs: 0.5 }), /^scheduleToStartMs of job "a" is 0.5; it is a whole/],
  ['a limit of text', timed({ scheduleToCloseMs: '5s' }), /^job "a": scheduleToCloseMs/],
  [
    'a limit by two names',
    timed({ timeoutMs: 5, startToCloseMs: 6 }),
    'job "a" has a timeoutMs of 5 and a startToCloseMs of 6; these are two names of one limit, so give one',
  ],
  [
    'a limit that nobody has',
    timed({ scheduleToEndMs: 5 }),
    /^job "a" has no field "scheduleToEndMs"; did you mean scheduleTo/,
  ],
  [
    'an external job with a delay',
    timed({ external: true, delayMs: 5 }),
    /^job "a" is external and has delayMs; no worker runs it/,
  ],
  [
    'two deadlines',
    wrong({ a: [] }, {}, { deadline: '2027-01-01T00:00:00Z', deadlineMs: 5 }),
    'the graph has a deadline and a deadlineMs; give one of them',
  ],
  [
    'a deadline before the start',
    wrong({ a: [] }, {}, { startAfter: '2027-01-02T00:00:00Z', deadline: '2027-01-01T00:00:00Z' }),
    /^the deadline of the graph, 2027-01-01T00:00:00.000Z, is not after its startAfter, 2027-01-02T/,
  ],
  [
    'a deadline of nothing',
    wrong({ a: [] }, {}, { deadlineMs: -1 }),
    'deadlineMs of the graph is -1; it is a whole number of milliseconds from 1',
  ],
];

for (const [title, sentence, expected] of sentences) {
  spec.test(`given ${title}, then one sentence says what and where`, () => {
    if (typeof expected === 'string') assert.is(sentence, expected);
    else assert.match(sentence, expected);
    assert.not.match(sentence, /\n/);
  });
}

spec.test('given ids that are odd but possible, then they are taken: slashes, dots, quotes, any script', () => {
  const ids = [
    'a/b',
    '../x',
    'constructor',
    'toString',
    'ünï',
    '日本語',
    '🦀',
    "it's",
    '"quoted"',
    'a b',
    '#7',
    '@7',
    '1',
  ];
  const graph = jobGraph(Object.fromEntries(ids.map((id) => [id, []])));
  assert.equal(Object.keys(graph.jobs).sort(), [...ids].sort());
});

spec.test('given a chain longer than the stack, then it is checked all the same', () => {
  const chain = Object.fromEntries(Array.from({ length: 30_000 }, (_, n) => [`j${n}`, n === 0 ? [] : [`j${n - 1}`]]));
  assert.is(Object.keys(jobGraph(chain).jobs).length, 30_000);
  const sentence = wrong({ ...chain, j0: ['j29999'] });
  assert.match(sentence, /in a cycle: "j0" → "j29999" → /);
});

spec.test('given args of the graph and of a job, then the job’s own are put over the shared ones', () => {
  const graph = jobGraph({ jobs: { a: { type: 't', args: { x: 2 } }, b: { type: 't' } } }, { x: 1, y: 1 });
  assert.equal(
    [graph.jobs['a']!.args, graph.jobs['b']!.args],
    [
      { x: 2, y: 1 },
      { x: 1, y: 1 },
    ],
  );
});

spec.test('given values that know how to write themselves, then they are taken as written', () => {
  const { jobs } = jobGraph({ a: [] }, { at: new Date(0), none: undefined });
  assert.equal(jobs['a']!.args, { at: '1970-01-01T00:00:00.000Z' });
});

spec.test(
  'given a graph that was written to a file and read back, then it is the same; edited wrongly, it is refused',
  () => {
    const graph = jobGraph({ a: [], b: ['a'] }, { x: 1 });
    const read = JSON.parse(JSON.stringify(graph)) as typeof graph;
    assert.equal(right(checkJobGraph(read)), graph);
    const renamed = { ...graph, jobs: { ...graph.jobs, b: { ...graph.jobs['b']!, id: 'c' } } };
    assert.match(left(checkJobGraph(renamed)), /job "b" calls itself "c"/);
    assert.match(left(checkJobGraph({ a: [] })), /this is not a job graph: build one/);
  },
);

spec.test(
  'given a large graph, then its submission comes in parts of bounded size, and shared args are written once',
  () => {
    const jobs = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`job ${n}`, { type: 't' }]));
    const parts = partsOf(jobGraph({ jobs }, { text: 'x'.repeat(10_000) }));
    assert.ok(parts.length > 1);
    assert.equal(
      parts.map((part) => part.data.part),
      parts.map((_, index) => index + 1),
    );
    assert.is(parts.flatMap((part) => part.data.jobs).length, 10_000);
    for (const part of parts) assert.ok(JSON.stringify(part.data).length < 300 * 1024);
    assert.ok(JSON.stringify(parts).length < 1_000_000);
  },
);

spec.test(
  'given args that several jobs share, then nobody can change those of one job and with them all others',
  () => {
    const { jobs } = jobGraph({ jobs: { a: { type: 't' }, b: { type: 't' } } }, { list: [1] });
    assert.throws(() => (jobs['b']!.args['list'] as unknown as number[]).push(2), /not extensible/);
    assert.equal(jobs['a']!.args, { list: [1] });
  },
);

spec.test('given jobs that name parents before and after them, then each cycle is found, and nothing else', () => {
  const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 });
  const edges = fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 8 });
  fc.assert(
    fc.property(order, edges, (ids, given) => {
      const after = (id: number) => given.filter(([child]) => child === id).map(([, parent]) => `j${parent}`);
      const built = buildJobGraph(
        { jobs: Object.fromEntries(ids.map((id) => [`j${id}`, { type: 't', after: after(id) }])) },
        {},
        {},
        'g',
      );
      assert.is(built._tag === 'Left', hasCycle(given));
    }),
  );
});

/** Whether taking away what nothing leads to, again and again, leaves anything. */
function hasCycle(edges: readonly (readonly [number, number])[]): boolean {
  const left = edges.filter(([child]) => edges.some(([, parent]) => parent === child));
  return left.length === edges.length ? left.length > 0 : hasCycle(left);
}

spec.run();
