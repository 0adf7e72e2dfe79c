/** How a timeline is drawn as text, whatever the speed of the machine that ran the jobs. */
import pico from 'picocolors';
import { ganttLines } from '../../src/cli/output/drawings/gantt-text.js';
import { duration } from '../../src/prelude/phrases.js';
import {
  type AttemptEnding,
  type GraphTimeline,
  type JobTimeline,
  noTime,
  type Span,
  type SpanKind,
} from '../../src/history/timeline/spans.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('a timeline as text');

const nothing = noTime();

/** A job's spans one after another, from 0 on: [kind, milliseconds, how the attempt ended]. */
function job(
  jobId: string,
  ...parts: readonly (readonly [kind: SpanKind, ms: number, ending?: AttemptEnding])[]
): JobTimeline {
  const spans: Span[] = [];
  const totals = { ...nothing };
  for (const [kind, ms, ending = null] of parts) {
    const from = spans.at(-1)?.to ?? 0;
    const isRun = kind === 'running';
    spans.push({ kind, from, to: from + ms, attempt: isRun ? 1 : null, ending: isRun ? (ending ?? 'finished') : null });
    totals[kind] += ms;
  }
  const attempts = spans.filter(({ kind }) => kind === 'running').length;
  return {
    jobId,
    type: jobId,
    status: 'finished',
    attempts,
    spans,
    totals,
    endedAt: null,
    isCritical: false,
    memoizedFrom: null,
    answer: null,
  };
}

/** The bars that are drawn, in 40 columns. */
function barsOf(to: number, ...jobs: readonly JobTimeline[]): readonly string[] {
  const graph: Omit<GraphTimeline, 'jobs'> = {
    graphId: 'g',
    status: 'finished',
    from: 0,
    to,
    criticalPath: [],
    totals: nothing,
    criticalTotals: nothing,
  };
  const idWidth = Math.max(3, ...jobs.map(({ jobId }) => jobId.length));
  const figures = Math.max(...jobs.map(({ totals }) => duration(totals.running).length));
  const lines = ganttLines({ ...graph, jobs }, pico.createColors(false), {
    columns: 40 + idWidth + figures + 4,
    rows: 40,
  });
  return lines.slice(1, 1 + jobs.length).map((line) =>
    line
      .slice(idWidth + 3)
      .replace(/ +[\d.]+ m?s.*$/, '')
      .trimEnd(),
  );
}

spec.test('each kind of span has its sign, and its share of the width', () => {
  assert.equal(
    barsOf(
      4000,
      job('a', ['ready', 1000], ['running', 1000]),
      job('b', ['blocked', 2000], ['running', 500, 'exception'], ['backing-off', 1000], ['running', 500]),
    ),
    [`${'-'.repeat(10)}${'█'.repeat(10)}`, `${'·'.repeat(20)}████x${'~'.repeat(10)}█████`],
  );
});

spec.test('an attempt is seen, however short it is beside a slow job', () => {
  assert.equal(
    barsOf(
      40_000,
      job('slow', ['running', 40_000]),
      job('wrong', ['ready', 5], ['running', 1, 'exception']),
      job('late', ['blocked', 39_999], ['running', 1]),
    ),
    ['█'.repeat(40), 'x', `${'·'.repeat(39)}█`],
  );
});
spec.run();
