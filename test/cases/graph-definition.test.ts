/** The cases of Overseer (cases.md), section A: graph definition and validation. */
import { validate as isUuid, version as uuidVersion } from 'uuid';
import { checkJobGraph, jobProblems, missingDependencies, missingHandlers } from '../../src/domain/build-job-graph.js';
import {
  graphs,
  InvalidGraphError,
  jobGraph,
  type JobGraph,
  simpleGraph,
  transactGraph,
  validateGraphHandlers,
} from '../../src/index.js';
import { E } from '../../src/prelude/fp.js';
import { assert, describe } from '../support/spec.js';
import { edgesOf, onEveryStore } from './world.js';

const spec = describe('A: graph definition and validation');

const chain = { start: [], middle: ['start'], end: ['middle'] };
const diamond = { start: [], result1: ['start'], result2: ['start'], finish: ['result1', 'result2'] };

/** The identities of a graph's jobs: a job is identified by its graph's id and its own. */
function identities(graph: JobGraph): readonly string[] {
  return Object.keys(graph.jobs).map((jobId) => `${graph.id}/${jobId}`);
}

function handMade(jobs: Readonly<Record<string, unknown>>): unknown {
  return { id: 'by-hand', jobs, labels: {}, priority: 0 };
}

spec.test('case 1: given one type without parents, when built into a graph, then there is one job and no edge', () => {
  const graph = jobGraph({ start: [] });
  assert.equal(Object.keys(graph.jobs), ['start']);
  assert.equal(edgesOf(graph.jobs), []);
});

spec.test(
  'case 2: given a diamond, when built, then there are 4 jobs and exactly the 4 edges from child to parent',
  () => {
    const graph = jobGraph(diamond);
    assert.equal(Object.keys(graph.jobs), ['start', 'result1', 'result2', 'finish']);
    assert.equal(edgesOf(graph.jobs), ['finish→result1', 'finish→result2', 'result1→start', 'result2→start']);
  },
);

spec.test(
  'case 3: given a chain of three types, when built, then every identity begins with a UUID, that of its graph',
  () => {
    for (const identity of identities(jobGraph(chain))) {
      const [graphId] = identity.split('/');
      assert.ok(isUuid(graphId), `${identity} begins with a UUID`);
      assert.is(uuidVersion(graphId!), 7);
    }
  },
);

spec.test('case 4: given the same chain, when built, then every job is unstarted', () => {
  assert.equal(
    Object.values(jobGraph(chain).jobs).map((job) => job.status),
    ['unstarted', 'unstarted', 'unstarted'],
  );
});

spec.test('case 5: given args with an org id, when built, then the args of each job hold it', () => {
  const graph = jobGraph(chain, { orgId: 123 });
  assert.equal(
    Object.values(graph.jobs).map((job) => job.args.orgId),
    [123, 123, 123],
  );
});

spec.test('case 6: given no args, when built, then it succeeds and the args are an empty object', () => {
  assert.equal(jobGraph({ start: [] }).jobs.start!.args, {});
});

spec.test('case 7: given a graph of five types, when built, then there are five jobs of five types', () => {
  const graph = jobGraph({ a: [], b: ['a'], c: ['a'], d: ['b', 'c'], e: [] });
  assert.is(Object.keys(graph.jobs).length, 5);
  assert.equal(
    Object.values(graph.jobs).map((job) => job.type),
    ['a', 'b', 'c', 'd', 'e'],
  );
});

spec.test('case 8: given one definition built twice, then no identity of the one is among those of the other', () => {
  const first = new Set(identities(jobGraph(chain)));
  const second = identities(jobGraph(chain));
  assert.is(first.size, 3);
  assert.equal(
    second.filter((identity) => first.has(identity)),
    [],
  );
});

spec.test(
  'case 9: given two jobs, when put into a simple graph, then its nodes are these two and it has no edges',
  () => {
    const graph = simpleGraph({ id: 'one', type: 'a' }, { id: 'two', type: 'b' });
    assert.equal(
      Object.values(graph.jobs).map(({ id, type }) => [id, type]),
      [
        ['one', 'a'],
        ['two', 'b'],
      ],
    );
    assert.equal(edgesOf(graph.jobs), []);
  },
);

onEveryStore(
  spec,
  'case 10: given a simple graph, when stored, then it is accepted as any other graph',
  async ({ store }) => {
    const graph = simpleGraph({ id: 'one', type: 'a' }, { id: 'two', type: 'b' });
    assert.ok(E.isRight(checkJobGraph(graph)));
    assert.is((await transactGraph(store, graph)).stored, true);
  },
);

spec.test('case 11: given a job of id, type and status started, then it is valid', () => {
  assert.equal(jobProblems({ id: 'one', type: 'a', status: 'started' }), []);
});

spec.test('case 12: given also a heartbeat that is a whole number, then it is valid', () => {
  assert.equal(jobProblems({ id: 'one', type: 'a', status: 'started', heartbeat: 1_400_000_000 }), []);
});

spec.test('case 13: given a job without an id, then it is invalid, and the id is named', () => {
  const problems = jobProblems({ type: 'a', status: 'started' });
  assert.is(problems.length, 1);
  assert.match(problems[0]!, /\bid\b/);
});

spec.test('case 14: given a job whose id is a number, then it is invalid, and the id is named', () => {
  const problems = jobProblems({ id: 7, type: 'a', status: 'started' });
  assert.is(problems.length, 1);
  assert.match(problems[0]!, /\bid\b.*7/);
});

spec.test(
  'case 15: given a status outside the five, then the job is invalid, and with any of the five it is valid',
  () => {
    assert.match(jobProblems({ id: 'one', type: 'a', status: 'paused' }).join(), /status.*paused/);
    for (const status of ['unstarted', 'started', 'finished', 'failed', 'aborted']) {
      assert.equal(jobProblems({ id: 'one', type: 'a', status }), []);
    }
  },
);

spec.test('case 16: given a diamond of jobs made by hand, then it is a valid graph', () => {
  const job = (id: string, ...parents: string[]) => ({
    id,
    type: `type of ${id}`,
    status: 'unstarted',
    args: {},
    parents,
  });
  const jobs = { a: job('a'), b: job('b', 'a'), c: job('c', 'a'), d: job('d', 'b', 'c') };
  const checked = checkJobGraph(handMade(jobs));
  assert.ok(E.isRight(checked));
  assert.equal(edgesOf(checked.right.jobs), ['b→a', 'c→a', 'd→b', 'd→c']);
});

spec.test('case 17: given the same structure as a plain map of types, then it is no graph of jobs', () => {
  const checked = checkJobGraph(diamond);
  assert.ok(E.isLeft(checked));
  assert.match(checked.left, /not a job graph/);
});

spec.test('case 18: given a graph with a node that has only a type, then it is invalid, and the node is named', () => {
  const checked = checkJobGraph(handMade({ a: { id: 'a', type: 'a' }, b: { type: 'b' } }));
  assert.ok(E.isLeft(checked));
  assert.match(checked.left, /job "b".*\bid\b/);
});

onEveryStore(
  spec,
  'case 19: given a plain map of types, when stored, then it is refused and the store stays empty',
  async (world) => {
    await assert.rejects(transactGraph(world.store, diamond as never), (error) => error instanceof InvalidGraphError);
    assert.equal((await graphs(world.store)).items, []);
    assert.equal(await world.wholeLog(), []);
  },
);

spec.test('case 20: given handlers for foo and bar and a graph of both, then no handler is missing', () => {
  assert.equal(missingHandlers({ foo: () => {}, bar: () => {} }, { foo: [], bar: ['foo'] }), []);
});

spec.test('case 21: given the same handlers and a graph of foo and quux, then exactly that of quux is missing', () => {
  assert.equal(missingHandlers({ foo: () => {}, bar: () => {} }, { foo: [], quux: ['foo'] }), ['quux']);
});

spec.test(
  'case 22: given a graph with a type that has no handler, when handlers are validated, then an error names it',
  () => {
    assert.throws(
      () => validateGraphHandlers({ foo: () => {} }, { foo: [], quux: ['foo'] }),
      (error: unknown) => (error as { code: string }).code === 'handlers-missing' && /"quux"/.test(String(error)),
    );
  },
);

spec.test('case 23: given handlers for all types, when handlers are validated, then there is no error', () => {
  const handlers = { start: () => {}, middle: () => {}, end: () => {} };
  assert.not.throws(() => validateGraphHandlers(handlers, chain));
  assert.not.throws(() => validateGraphHandlers(handlers, jobGraph(chain)));
});

spec.test('case 24: given baz on quux and quux not defined, then the missing dependency is quux', () => {
  assert.equal(missingDependencies({ foo: [], baz: ['foo', 'quux'] }), ['quux']);
});

spec.test('case 25: given bar on foo and both defined, then no dependency is missing', () => {
  assert.equal(missingDependencies({ foo: [], bar: ['foo'] }), []);
});

spec.run();
