/** The pure pieces of `npm run bench`: shapes, processor time, medians, and the page. What they measure is not judged here. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Contest } from '../../bench/contest.js';
import type { Figure } from '../../bench/measure.js';
import { inWords, performancePage, verdictOn } from '../../bench/page.js';
import { isProcessorTimeKnown, parseStat, processorTime, ticksBelow } from '../../bench/processor-time.js';
import * as shapes from '../../bench/shapes.js';
import { median, quantile, ratios, spreadOf } from '../../bench/statistics.js';
import { busyBetween } from '../../bench/ui/main-thread.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('the pure pieces of the benchmarks', { timeoutMs: 60_000 });

spec.test(
  'given values in any order, when their median is taken, then it is the one in the middle, or between the two',
  () => {
    assert.is(median([5, 1, 3]), 3);
    assert.is(median([4, 1, 3, 2]), 2.5);
    assert.is(median([7]), 7);
    assert.equal(spreadOf([5, 1, 3]), { median: 3, least: 1, most: 5 });
    assert.is(quantile([1, 2, 3, 4], 1), 4);
    assert.ok(Number.isNaN(median([])));
  },
);

spec.test('given rounds of two programs, when they are compared, then each round is divided by the same round', () => {
  assert.equal(ratios([10, 30], [5, 10]), [2, 3]);
  assert.equal(ratios([10, 30, 50], [5, 10]), [2, 3]);
});

spec.test(
  'given a line of /proc/PID/stat, when the name of the program is a trap, then parent and times are still read',
  () => {
    const fields = 'S 41 7 7 0 -1 4194560 9 9 0 0 100 20 3 4 20 0 11 0 95 1 2';
    assert.equal(parseStat(`42 (node) ${fields}`), { parent: 41, ticks: 127 });
    assert.equal(parseStat(`42 (a) R 1 (b c) ${fields}`), { parent: 41, ticks: 127 });
  },
);

spec.test(
  'given a tree of processes, when its time is summed, then all below the roots count once and others do not',
  () => {
    const processes = new Map([
      [1, { parent: 0, ticks: 1000 }],
      [10, { parent: 1, ticks: 1 }],
      [11, { parent: 10, ticks: 2 }],
      [12, { parent: 11, ticks: 4 }],
      [20, { parent: 1, ticks: 8 }],
    ]);
    assert.is(ticksBelow(processes, [10]), 7);
    assert.is(ticksBelow(processes, [11, 10]), 7, 'a root below another');
    assert.is(ticksBelow(processes, [10, 20]), 15);
    assert.is(ticksBelow(processes, [99]), 0, 'a process that is gone');
  },
);

const ofProcesses =
  'given a child that has computed and ended, when the time of its parent is read, then it is in there';
if (isProcessorTimeKnown) {
  spec.test(ofProcesses, () => {
    const before = processorTime([process.pid])!;
    // It computes until the system has counted at least 50 ms for it.
    const program = 'while (process.cpuUsage().user < 50_000);';
    assert.is(spawnSync(process.execPath, ['-e', program]).status, 0);
    assert.ok(processorTime([process.pid])! - before >= 40_000);
  });
} else {
  spec.skip(ofProcesses, 'this system has no /proc');
}

spec.test(
  'given a trace, when the time of a step is read, then it is that of the tasks of its thread up to the next',
  () => {
    const task = (ts: number, dur: number, thread = 1, name = 'RunTask') => {
      return { name, cat: 'disabled-by-default-devtools.timeline', pid: 4, tid: thread, ts, dur, tdur: dur / 2 };
    };
    const mark = (ts: number) => ({ name: 'step', cat: 'blink.user_timing', pid: 4, tid: 1, ts });
    const traceEvents = [
      ...[task(0, 900), mark(2000), mark(9000), task(1000, 2000)],
      ...[task(4000, 4000), task(4500, 1000, 1, 'Layout'), task(5000, 4000, 2), task(8800, 1000), task(20_000, 500)],
    ];
    const busy = busyBetween(Buffer.from(JSON.stringify({ traceEvents })), 'step');
    // The task that a mark is in belongs to its step as a whole.
    assert.equal(busy, [
      { wallMs: 6, processorMs: 3 },
      { wallMs: 1.5, processorMs: 0.75 },
    ]);
    assert.equal(busyBetween(Buffer.from('{"traceEvents":[]}'), 'step'), []);
  },
);

spec.test('every shape has as many jobs as it says, in which parents stand before their children', () => {
  const all: readonly (readonly [shapes.Shape, number, number])[] = [
    [shapes.singles(7), 7, 0],
    [shapes.diamonds(3), 12, 4],
    [shapes.fanOut(10), 10, 9],
    [shapes.fanIn(10), 10, 9],
    [shapes.layers(4, 5), 20, 45],
    [shapes.chain(6), 6, 5],
  ];
  for (const [shape, jobs, edges] of all) {
    assert.is(shapes.jobCount(shape), jobs, shape.name);
    const seen = new Set<string>();
    for (const { id, parents } of shape.jobs) {
      assert.is(new Set(parents).size, parents.length, `${shape.name}: a parent twice`);
      for (const parent of parents) assert.ok(seen.has(parent), `${shape.name}: ${parent} before ${id}`);
      seen.add(id);
    }
    assert.is(seen.size, shape.jobs.length, `${shape.name}: an id twice`);
    const all = shape.jobs.reduce((sum, { parents }) => sum + parents.length, 0);
    assert.is(all, edges, `${shape.name}: edges`);
  }
});

spec.test(
  'given a shape, when it is said in trees, then every job is in one of them, and the edges lost are counted',
  () => {
    const diamond = shapes.asTrees(shapes.diamonds(1));
    assert.equal(diamond, [
      {
        id: 'j3',
        children: [
          { id: 'j1', children: [{ id: 'j0', children: [] }] },
          { id: 'j2', children: [] },
        ],
      },
    ]);
    assert.is(shapes.edgesLostInTrees(shapes.diamonds(5)), 5);
    assert.is(shapes.edgesLostInTrees(shapes.fanIn(10)), 0);
    assert.is(shapes.edgesLostInTrees(shapes.chain(10)), 0);
    assert.is(shapes.edgesLostInTrees(shapes.fanOut(10)), 8);
    const jobsIn = (trees: readonly shapes.Tree[]): number =>
      trees.reduce((sum, { children }) => sum + 1 + jobsIn(children), 0);
    for (const shape of [shapes.diamonds(1), shapes.fanOut(9), shapes.layers(3, 4)])
      assert.is(jobsIn(shapes.asTrees(shape)), shape.jobs.length, shape.name);
  },
);

const missed: Figure = {
  what: 'a figure',
  value: 0.5,
  unit: '×',
  target: { atLeast: 1 },
  spread: { least: 0.4, most: 0.61 },
  note: 'so | so',
};

spec.test('given a figure and what was promised of it, when it is judged, then a bound counts on its own side', () => {
  assert.equal(verdictOn(missed), { promised: '≥ 1', verdict: 'MISSED' });
  assert.equal(verdictOn({ ...missed, value: 1 }), { promised: '≥ 1', verdict: 'holds' });
  assert.equal(verdictOn({ ...missed, target: { atMost: 0.5 } }), { promised: '≤ 0.5', verdict: 'holds' });
  assert.equal(verdictOn({ what: '', value: 1, unit: '' }), { promised: '', verdict: '' });
  assert.is(inWords(missed), '0.5 (0.4–0.61) ×');
});

const contest: Contest = {
  shape: 'diamonds',
  jobs: 20_000,
  warmUpJobs: 2000,
  rounds: 2,
  leftOut: [{ contender: 'Third', why: 'no such graphs' }],
  rows: [
    {
      contender: 'First',
      jobsPerSecond: spreadOf([1000, 3000]),
      rates: [1000, 3000],
      ofWorkers: spreadOf([100, 120]),
      ofServer: null,
      firstTimes: spreadOf([1, 1]),
    },
    {
      contender: 'Second',
      difference: 'as trees',
      jobsPerSecond: spreadOf([500, 1000]),
      rates: [500, 1000],
      ofWorkers: spreadOf([200]),
      ofServer: spreadOf([50]),
      firstTimes: spreadOf([2, 3]),
    },
  ],
};

const measured = {
  command: 'npm run bench -- --quick --write',
  isQuick: true,
  date: '1 May 2026',
  machine: ['Node v1', '**busy**'],
  findings: [{ benchmark: 'peers', figures: [missed], contests: [contest], settings: ['Second 2.0: no flush'] }],
};

spec.test(
  'given what was measured, when the page is made, then figures, ranges, differences and settings are in it',
  () => {
    const page = performancePage(measured);
    assert.match(page, '| First | 2,000 (1,000–3,000) | 110 (100–120) |  |');
    assert.match(page, '| Second (as trees) | 750 (500–1,000) | 250: 200 and 50 of the server | 2.5 (2–3) |');
    assert.match(page, '20,000 jobs after 2,000 others a process, 2 rounds. Without Third: no such graphs.');
    assert.match(page, '| a figure | 0.5 (0.4–0.61) × | ≥ 1 | MISSED | so \\| so |');
    for (const words of ['- Second 2.0: no flush', '- **busy**', 'Measured on 1 May 2026', measured.command])
      assert.match(page, words);
  },
);

spec.test('given figures of a quick run, when the page is made, then it says so, and else it does not', () => {
  assert.match(performancePage(measured), 'These are figures of a quick run');
  assert.not.match(performancePage({ ...measured, isQuick: false }), 'quick run');
});

spec.test('given no time of processors and no peers, when the page is made, then nothing stands in their place', () => {
  const [first] = contest.rows;
  const alone = { ...contest, leftOut: [], rows: [{ ...first!, ofWorkers: null }] };
  const findings = [{ benchmark: 'peers', figures: [], contests: [alone] }];
  assert.match(performancePage({ ...measured, findings }), '| First | 2,000 (1,000–3,000) | not measured |  |');
  const without = performancePage({ ...measured, findings: [{ benchmark: 'chain', figures: [missed] }] });
  assert.not.match(without, 'Beside others');
});

spec.test(
  'given a word that names no benchmark, when the command is called, then it refuses, and says what there is',
  () => {
    const run = join(import.meta.dirname, '../../bench/run.ts');
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', run, 'chain', '--quik'], {
      encoding: 'utf8',
    });
    assert.is(status, 2);
    assert.match(stderr, 'there is no benchmark --quik; there are peers, scaling');
    assert.match(stderr, '--quick');
  },
);

spec.run();
