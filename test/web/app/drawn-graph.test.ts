import type { JobDefinition } from '../../../src/domain/events.js';
import { type DrawnGraph, drawnGraphOf, unfoldedMost } from '../../../src/web/app/model/drawn-graph.js';
import { GraphModel } from '../../../src/web/app/model/graph-model.js';
import { matchesOf } from '../../../src/web/app/model/matches.js';
import { countsByUnit, countsOf, momentOf, statusCount } from '../../../src/web/app/model/moment.js';
import { neighbourhoodOf } from '../../../src/web/app/model/neighbourhood.js';
import { layOut } from '../../../src/web/app/drawing/lay-out.js';
import { layoutRequestOf, placedGraphOf } from '../../../src/web/app/drawing/placed-graph.js';
import { aborted, failed, finished, started } from '../../support/given.js';
import { largeRun } from '../../support/large-run.js';
import { assert, describe } from '../../support/spec.js';
import { whyNoInstances, workflowInstances } from '../../support/workflow-instances.js';
import { type Happening, job, layered, modelOf } from './graphs.js';

const nothing: ReadonlySet<string> = new Set();
const kindsOf = (jobs: readonly JobDefinition[]) => drawnGraphOf(modelOf(jobs), nothing);

/** Every job is in exactly one unit, and the edges stand for every dependency. */
function assertWhole({ nodes, units, unitOf, edges }: DrawnGraph): void {
  const drawn = units.flatMap(({ jobs }) => jobs);
  assert.equal(
    drawn.toSorted((a, b) => a - b),
    nodes.map(({ index }) => index),
  );
  units.forEach(({ jobs, shown }, unit) => {
    assert.ok(jobs.every((index) => unitOf[index] === unit));
    assert.ok(shown.every((index) => jobs.includes(index)));
  });
  const between = new Map<string, number>();
  const inner = units.map(() => 0);
  for (const node of nodes) {
    for (const parent of node.parents) {
      const [from, to] = [unitOf[parent.index]!, unitOf[node.index]!];
      if (from === to) inner[to]! += 1;
      else between.set(`${from} ${to}`, (between.get(`${from} ${to}`) ?? 0) + 1);
    }
  }
  assert.equal(new Map(edges.map(({ from, to, count }) => [`${from} ${to}`, count])), between);
  assert.equal(edges.length, between.size);
  assert.equal(
    units.map((unit) => unit.inner),
    inner,
  );
  assert.is(new Set(units.map(({ key }) => key)).size, units.length, 'the keys differ');
}

/** A graph of 1,534 jobs of which some faulted, failed, were aborted, and some still run. */
function largeModel(endings?: number): GraphModel {
  const { graphId, events } = largeRun(endings);
  return new GraphModel(graphId, events, []);
}

const spec = describe('which boxes and edges a graph is drawn with', { timeoutMs: 60_000 });

spec.test('given up to 60 jobs, then each is a box, and each dependency an edge', () => {
  const drawn = kindsOf(layered(6, 10, (layer) => `type ${layer % 2}`));
  assertWhole(drawn);
  assert.is(drawn.regime, 'jobs');
  assert.is(drawn.hasStrip, false);
  assert.equal(
    drawn.units.map(({ kind, name }) => [kind, name]),
    drawn.nodes.map(({ id }) => ['job', id]),
  );
  assert.ok(drawn.edges.every(({ count }) => count === 1));
});

spec.test('given more jobs, then those of one type and level are a group, and one alone is a box', () => {
  const drawn = kindsOf([
    ...layered(3, 30, (layer, n) => (n < 20 ? `many ${layer}` : 'few')),
    job('last', ['job 2 0']),
  ]);
  assertWhole(drawn);
  assert.is(drawn.regime, 'groups');
  assert.equal(
    drawn.units.map(({ kind, name, jobs }) => [kind, name, jobs.length]),
    [
      ...[0, 1, 2].flatMap((layer) => [
        ['group', `many ${layer}`, 20],
        ['group', 'few', 10],
      ]),
      ['job', 'last', 1],
    ],
  );
  assert.ok(drawn.units.every(({ shown }) => shown.length === 0));
});

spec.test('given too many groups of types and levels, then groups are of one type, beside a strip', () => {
  const drawn = kindsOf(layered(50, 30, (layer) => `type ${layer % 5}`));
  assertWhole(drawn);
  assert.equal([drawn.regime, drawn.hasStrip], ['coarse', true]);
  assert.equal(
    drawn.units.map(({ name, jobs }) => [name, jobs.length]),
    [0, 1, 2, 3, 4].map((type) => [`type ${type}`, 300]),
  );
});

spec.test('given too many types as well, then groups are layers, of which there are never too many', () => {
  for (const [layers, groups] of [
    [20, 20],
    [300, 38],
  ] as const) {
    const drawn = kindsOf(layered(layers, 60, (layer, n) => `type of ${layer} ${n}`));
    assertWhole(drawn);
    assert.equal([drawn.regime, drawn.units.length], ['coarse', groups]);
    const levels = drawn.units.map(({ jobs }) => jobs.length);
    assert.is(Math.max(...levels), layers === 20 ? 60 : 480);
  }
});

spec.test('given a large run, then what failed is drawn in its group, and more that went wrong, up to 60', () => {
  const model = largeModel();
  const drawn = drawnGraphOf(model, nothing);
  assertWhole(drawn);
  assert.equal([drawn.regime, drawn.hasStrip], ['groups', true]);
  const shown = drawn.units.flatMap((unit) => unit.shown);
  const failures = drawn.nodes.filter(({ status }) => status === 'failed').map(({ index }) => index);
  assert.ok(failures.length > 5);
  assert.ok(failures.every((index) => shown.includes(index)));
  assert.is(shown.length, 60);
  assert.ok(shown.every((index) => model.troubled.has(drawn.nodes[index]!.id)));
  // It still runs: which jobs decide when it ends is not known.
  assert.equal(drawn.critical, []);
});

/** 90 jobs, all finished layer by layer, the last of each layer last. */
function finishedRun(): GraphModel {
  const jobs = layered(3, 30, (layer) => `type ${layer}`);
  const happenings = jobs.flatMap(({ id }): Happening[] => [
    [id, started()],
    [id, finished()],
  ]);
  return modelOf(jobs, happenings);
}

spec.test('given a graph that has ended, then its critical path is drawn, job by job', () => {
  const drawn = drawnGraphOf(finishedRun(), nothing);
  assert.is(drawn.critical.length, 3);
  assert.is(drawn.nodes[drawn.critical.at(-1)!]!.id, 'job 2 29');
  for (const [at, index] of drawn.critical.entries()) {
    assert.ok(drawn.units[drawn.unitOf[index]!]!.shown.includes(index));
    const before = drawn.critical[at - 1];
    if (before !== undefined) assert.ok(drawn.nodes[index]!.parents.includes(drawn.nodes[before]!));
  }
});

spec.test('when the moment changes, then no box moves', () => {
  const model = largeModel();
  const before = layoutRequestOf(drawnGraphOf(model, nothing));
  for (const number of [model.first, 700, 2, model.length]) {
    momentOf(model, number);
    assert.equal(layoutRequestOf(drawnGraphOf(model, nothing)), before);
  }
});

spec.test('when a group is unfolded, then its jobs are drawn in it, and all else stays', () => {
  const model = largeModel();
  const folded = drawnGraphOf(model, nothing);
  const large = folded.units.find(({ jobs }) => jobs.length > unfoldedMost)!;
  const small = folded.units.find(({ jobs, kind }) => kind === 'group' && jobs.length < unfoldedMost)!;
  const drawn = drawnGraphOf(model, new Set([large.key, small.key]));
  assertWhole(drawn);
  for (const [at, unit] of drawn.units.entries()) {
    const { shown, jobs, key } = unit;
    if (key === small.key) assert.equal([...shown], [...jobs]);
    else if (key === large.key) {
      assert.is(shown.length, unfoldedMost);
      assert.ok(large.shown.every((index) => shown.includes(index)));
    } else assert.equal(unit, folded.units[at]);
  }
  assert.equal(drawn.edges, folded.edges);
  assert.equal(drawnGraphOf(model, nothing).units, folded.units);
});

spec.test('given names of any kind, then they are only names', () => {
  const names = [
    '__proto__',
    'constructor',
    '<script>',
    'job a',
    'a',
    '\u202eb',
    'x'.repeat(10_000),
    '0',
    '-1',
    '👩‍👩‍👧',
    '',
  ];
  const jobs = names.map((name, at) => job(name, at === 0 ? [] : [names[at - 1]!], names[(at + 3) % names.length]));
  const small = kindsOf(jobs);
  assertWhole(small);
  const many = names.flatMap((name) => Array.from({ length: 9 }, (_, n) => job(`${name} ${n}`, [], name)));
  const large = kindsOf(many);
  assertWhole(large);
  assert.equal(
    large.units.map(({ name }) => name),
    names,
  );
  const request = layoutRequestOf(small);
  assert.is(placedGraphOf(small, request, layOut(request)).targets.length, names.length);
});

spec.test(
  'given jobs that wait for each other in a circle, as another program may store them, then all are drawn',
  () => {
    const circle = [job('a', ['c', 'a']), job('b', ['a']), job('c', ['b', 'nowhere'])];
    const padding = Array.from({ length: 70 }, (_, n) => job(`job ${n}`, [`job ${(n + 1) % 70}`], 'ring'));
    for (const jobs of [circle, [...circle, ...padding]]) {
      const model = modelOf(
        jobs,
        jobs.map(({ id }): Happening => [id, aborted()]),
      );
      const drawn = drawnGraphOf(model, nothing);
      assertWhole(drawn);
      assert.equal(drawn.critical, []);
      const request = layoutRequestOf(drawn);
      assert.is(layOut(request).middles.length, drawn.units.length);
      assert.ok(neighbourhoodOf(drawn.nodes, 0).units.length >= 3);
    }
  },
);

spec.test('given a moment, then the counts of the groups are those of their jobs', () => {
  const model = largeModel();
  const drawn = drawnGraphOf(model, nothing);
  for (const number of [model.first, 900, model.length]) {
    const moment = momentOf(model, number);
    const counts = countsByUnit(drawn, moment);
    drawn.units.forEach(({ jobs }, unit) => {
      const own = countsOf({ codes: Uint8Array.from(jobs, (index) => moment.codes[index]!) });
      assert.equal(counts.slice(unit * statusCount, (unit + 1) * statusCount), own);
    });
    const { count } = model.history.viewAt(number);
    assert.equal([...countsOf(moment)], Object.values(count));
  }
});

spec.test(
  'when an event finishes a job, then the moment names it, and the jobs it made ready, and later moments do not',
  () => {
    const model = modelOf(
      [job('a'), job('b', ['a']), job('c', ['a', 'd']), job('d')],
      [
        ['a', started()],
        ['a', finished()],
        ['d', started()],
        ['d', failed()],
      ],
    );
    const moment = momentOf(model, 3);
    assert.equal([moment.changed, moment.madeReady], [0, [1]]);
    assert.is(moment.records[0]!.state.status, 'finished');
    momentOf(model, 2);
    assert.is(moment.records[0]!.state.status, 'finished', 'a moment stays what it was');
    assert.equal(momentOf(model, 1).changed, null);
    assert.equal([momentOf(model, 5).changed, momentOf(model, 5).madeReady], [3, []]);
  },
);

spec.test('when jobs are searched, then ids and types match in any case', () => {
  const drawn = kindsOf([...layered(2, 40, (layer) => `Type ${layer}`), job('Ünïque', ['job 1 0'], 'x')]);
  assert.is(matchesOf(drawn, '  '), null);
  const byType = matchesOf(drawn, 'tYPE 1')!;
  assert.equal([byType.count, byType.byUnit], [40, [0, 40, 0]]);
  const byId = matchesOf(drawn, 'ünï')!;
  assert.equal([byId.count, byId.isMatch(80), byId.isMatch(0)], [1, true, false]);
  assert.is(matchesOf(drawn, '.*')!.count, 0);
});

spec.run();

const near = describe('the neighbourhood of a job');

near.test('given few neighbours, then they are drawn, and theirs too', () => {
  const { nodes } = kindsOf([
    job('old', []),
    job('parent', ['old']),
    job('me', ['parent']),
    job('child', ['me', 'other']),
    job('grandchild', ['child']),
    job('other'),
    job('far', ['grandchild']),
  ]);
  const drawn = neighbourhoodOf(nodes, 2);
  assert.equal(
    drawn.units.map(({ name }) => name),
    ['old', 'parent', 'me', 'child', 'grandchild'],
  );
  assert.is(drawn.edges.length, 4);
});

near.test('given very many neighbours, then the first are drawn, at most 60 boxes, and the rest are counted', () => {
  const parents = Array.from({ length: 400 }, (_, n) => job(`parent ${n}`));
  const children = Array.from({ length: 90 }, (_, n) => job(`child ${n}`, ['me']));
  const ids = parents.map(({ id }) => id);
  for (const [jobs, rest] of [
    [
      [...parents, job('me', ids), ...children],
      ['371 more parents', '62 more children'],
    ],
    [[...parents, job('me', ids), ...children.slice(0, 4)], ['346 more parents']],
    [[job('me'), ...children], ['32 more children']],
    [[...parents.slice(0, 59), job('me', ids.slice(0, 59))], []],
  ] as const) {
    const { nodes } = kindsOf(jobs);
    const me = nodes.find(({ id }) => id === 'me')!;
    const drawn = neighbourhoodOf(nodes, me.index);
    assert.ok(drawn.units.length <= 60);
    assert.equal(
      drawn.units.filter(({ kind }) => kind === 'more').map(({ name }) => name),
      rest,
    );
    const drawnJobs = new Set(drawn.units.flatMap(({ jobs: own }) => own));
    assert.ok([me, ...me.parents, ...me.children].every(({ index }) => drawnJobs.has(index)));
  }
});

near.run();

const recorded = describe('recorded workflows', { timeoutMs: 120_000, missing: whyNoInstances });

recorded.test('given any of them, then it is laid out with at most 300 boxes, which are apart', () => {
  for (const { graph, name } of workflowInstances()) {
    const jobs = Object.entries(graph.jobs).map(([id, { parents }]) => job(id, parents, id.replace(/_?(ID)?\d+$/, '')));
    const drawn = kindsOf(jobs);
    assertWhole(drawn);
    const request = layoutRequestOf(drawn);
    const { targets, rects } = placedGraphOf(drawn, request, layOut(request));
    assert.ok(targets.length > 1 && targets.length <= 300, `${name} has ${targets.length} boxes`);
    for (const [at, a] of rects.entries()) {
      const isApart = rects
        .slice(at + 1)
        .every((b) => a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y);
      assert.ok(isApart, `${name}: box ${at} overlaps another`);
    }
  }
});

recorded.run();
