/** Timelines and pictures of large graphs: everything is in them, and they can be looked at. */
import { initialWork } from '../../src/domain/pauses.js';
import picocolors from 'picocolors';
import { groupedGraphSvg } from '../../src/cli/output/drawings/grouped-graph-svg.js';
import { ganttLines } from '../../src/cli/output/drawings/gantt-text.js';
import { ganttSvg } from '../../src/cli/output/drawings/gantt-svg.js';
import { laneLines } from '../../src/cli/output/drawings/lanes-text.js';
import { lanesSvg } from '../../src/cli/output/drawings/lanes-svg.js';
import { ticksOf } from '../../src/history/timeline/ticks.js';
import { cutLine, packed, widthOf, wrapped, wrappedCommand } from '../../src/cli/output/width.js';
import { timelineByType } from '../../src/history/timeline/by-type.js';
import { isWrong, timelineOf } from '../../src/history/timeline/spans.js';
import { toGraphInfo } from '../../src/domain/graph-info.js';
import { foldGraph } from '../../src/store/load-graph.js';
import { faulted, finished, graphAfter, started, submitted, Recorder } from '../support/given.js';
import { largeRun } from '../support/large-run.js';
import { assert, describe } from '../support/spec.js';

const plain = picocolors.createColors(false);
const run = largeRun();
const timeline = timelineOf(run.graphId, run.events, run.endsAt);
const wrongOf = (id: string) => timeline.jobs.find(({ jobId }) => jobId === id)!.spans.filter(isWrong).length;
const allWrong = timeline.jobs.reduce((sum, { jobId }) => sum + wrongOf(jobId), 0);
/** How many attempts the signs of a line stand for; `+` cannot be counted. */
const counted = (signs: string) => [...signs].reduce((sum, sign) => sum + (sign === 'x' ? 1 : Number(sign)), 0);

const text = describe('a timeline as text');

text.test('every attempt that went wrong is there, however many end in one column', () => {
  const size = { columns: 80, rows: Infinity };
  const lines = ganttLines(timeline, plain, size).slice(1);
  assert.is(lines.length, timeline.jobs.length);
  const lost = timeline.jobs.filter(({ spans }) => spans.filter(isWrong).length > 1);
  assert.ok(lost.length > 5);
  lines.forEach((line, index) => {
    const { jobId } = timeline.jobs[index]!;
    const bar = line.slice(2 + 28).replace(/ \d.*$/, '');
    const signs = bar.match(/[x2-9]/g) ?? [];
    assert.is(counted(signs.join('')), wrongOf(jobId), line);
  });
});

text.test('several attempts lost within one column are counted', () => {
  const recorder = new Recorder();
  const record = (jobId: string | null, event: Parameters<Recorder['record']>[1]) =>
    recorder.record({ graphId: 'g', jobId }, event);
  const events = [record(null, submitted({ a: [], b: ['a'] }))];
  for (let attempt = 1; attempt <= 12; attempt++)
    events.push(record('a', started(attempt)), record('a', faulted(attempt)));
  events.push(record('a', started(13)), record('a', finished(13)));
  const last = Date.parse(events.at(-1)!.recordedAt);
  const shown = timelineOf('g', events, last + 100_000);
  const [, a = ''] = ganttLines(shown, plain, { columns: 60, rows: 9 });
  assert.match(a, /^\* a +\+.* 12 wrong$/);
});

text.test('by type: each type has its maximum, and all that went wrong', () => {
  const types = timelineByType(timeline);
  assert.equal(types.map(({ type, jobs }) => [type.slice(0, 7), jobs]).sort(), [
    ['NFCORE_', 400],
    ['align', 400],
    ['extract', 600],
    ['final', 1],
    ['merge', 100],
    ['report', 33],
  ]);
  assert.is(
    types.reduce((sum, each) => sum + each.wrongAttempts, 0),
    allWrong,
  );
  assert.ok(types.every(({ runningMax }) => runningMax <= 16));
  const lines = laneLines(timeline, plain, { columns: 2000, rows: Infinity });
  const wrong = lines.filter((line) => / wrong$/.test(line));
  const told = wrong.reduce((sum, line) => sum + Number(/([\d,]+) wrong$/.exec(line)![1]), 0);
  assert.is(told, allWrong);
  for (const line of wrong) {
    const [, signs = '', count] = /^ *([x2-9 +]*?) +(\d+) wrong$/.exec(line)!;
    assert.is(counted(signs.replaceAll(' ', '')), Number(count), line);
  }
  for (const columns of [80, 140]) {
    for (const line of laneLines(timeline, plain, { columns, rows: 20 })) assert.ok(widthOf(line) <= columns, line);
    for (const line of ganttLines(timeline, plain, { columns, rows: 40 })) assert.ok(widthOf(line) <= columns, line);
  }
});
text.run();

const ticks = describe('ticks');

ticks.test('are round numbers of one unit, and not too many', () => {
  const round = /^(0|[125]0{0,2} ms|(\d+(\.5)?) s|\d+ min( [1-5]?0 s| \d s)?|\d+ h( \d+ min)?|\d+ d( \d+ h)?)$/;
  for (let span = 7; span < 4e11; span *= 1.37) {
    for (const most of [3, 6, 10]) {
      const found = ticksOf(span, most);
      const step = found[1]?.at ?? 0;
      assert.ok(found.length <= most + 1, `${span} ${most}`);
      assert.ok(step === 0 || span / step >= most / 5, `${span} ${most}: ${step}`);
      assert.equal(
        found.map(({ at }) => at),
        found.map((_, index) => index * step),
      );
      const [lead] = String(
        step /
          (step < 1000
            ? 1
            : step < 60_000
              ? 1000
              : step < 3_600_000
                ? 60_000
                : step < 86_400_000
                  ? 3_600_000
                  : 86_400_000),
      );
      assert.ok(step === 0 || ['1', '2', '3', '5', '6'].includes(lead!), `${span} ${step}`);
      assert.is(new Set(found.map(({ label }) => label)).size, found.length);
    }
  }
  assert.ok(ticksOf(53_000, 3).every(({ label }) => round.test(label)));
  const labels = (span: number, most: number) => ticksOf(span, most).map(({ label }) => label);
  assert.equal(labels(53_000, 3), ['0', '20 s', '40 s']);
  assert.equal(labels(1500, 5), ['0', '500 ms', '1 s', '1.5 s']);
  assert.equal(labels(200_000, 8), ['0', '30 s', '1 min', '1 min 30 s', '2 min', '2 min 30 s', '3 min']);
  assert.equal(labels(10 * 3_600_000, 5), ['0', '2 h', '4 h', '6 h', '8 h', '10 h']);
});
ticks.run();

const svg = describe('pictures of large graphs');
const sizeOf = (drawn: string) => {
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(drawn)!;
  return { width: Number(width), height: Number(height) };
};
const graph = toGraphInfo(foldGraph(run.graphId, run.events), { now: run.endsAt, work: initialWork });

svg.test('a graph: a box for each type and level, and in it how many have which status', () => {
  const drawn = groupedGraphSvg(graph);
  const { width, height } = sizeOf(drawn);
  assert.ok(width < 1600 && height < 600, `${width} × ${height}`);
  const boxes = [...drawn.matchAll(/<title>([^<:]+): ([\d,]+) jobs?, ([^<]+)<\/title>/g)];
  assert.is(boxes.length, 6);
  assert.is(
    boxes.reduce((sum, [, , jobs]) => sum + Number(jobs!.replace(',', '')), 0),
    run.jobs,
  );
  assert.match(drawn, /<title>600 dependencies<\/title>/);
});

svg.test('a graph of very many types stays small: small groups of a level are drawn together', () => {
  const jobs = Object.fromEntries(
    Array.from({ length: 1000 }, (_, n) => [`j${n}`, n < 500 ? [] : [`j${n - 500}`]] as const),
  );
  const many = toGraphInfo(graphAfter(submitted(jobs)), { now: 0, work: initialWork });
  const drawn = groupedGraphSvg(many);
  const boxes = [...drawn.matchAll(/: ([\d,]+) jobs?, /g)];
  assert.ok(boxes.length <= 42);
  assert.is(
    boxes.reduce((sum, [, count]) => sum + Number(count), 0),
    1000,
  );
  assert.match(drawn, /\d+ types × \d+/);
});

svg.test('a timeline: a lane for each type, with a mark for each attempt that went wrong', () => {
  const drawn = lanesSvg(timeline);
  assert.ok(sizeOf(drawn).height < 500);
  assert.is([...drawn.matchAll(/, attempt \d+: [a-z-]+<\/title>/g)].length, allWrong);
});

svg.test('names stay in their margin, and the title above the legend', () => {
  const long = { ...timeline, graphId: 'G'.repeat(400), jobs: timeline.jobs.slice(0, 60) };
  for (const drawn of [ganttSvg(long), lanesSvg(long)]) {
    const rows = [...drawn.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)];
    const at = (attributes: string, name: string) => Number(new RegExp(`\\b${name}="([\\d.]+)"`).exec(attributes)?.[1]);
    const title = rows.find(([, , said]) => said!.startsWith('GGG'))!;
    assert.ok(title[2]!.length < 140);
    for (const [, attributes, said] of rows) {
      if (said !== title[2]) assert.ok(at(attributes!, 'y') > at(title[1]!, 'y') + 15, said);
      // A name of capital letters is at most nine pixels a letter wide.
      const isName = attributes!.includes('text-anchor="end"') && !attributes!.includes('font-size');
      if (isName && said!.startsWith('NFCORE')) assert.ok(said!.length * 9 < 250 && said!.includes('…'), said);
    }
  }
});
svg.run();

const width = describe('the width of a line');

width.test('wide characters take two columns, marks and colours none', () => {
  assert.equal(
    ['abc', '漢字', 'e\u0301', '\u001b[1;2;3;4;31mred\u001b[1;2;3;4;39m', '🎉'].map(widthOf),
    [3, 4, 1, 3, 2],
  );
});

width.test('a line is cut to its columns, at its end or in its middle, and its colours end', () => {
  assert.equal(
    [cutLine('abcdef', 6), cutLine('abcdefg', 6), cutLine('abcdefg', 6, 'middle')],
    ['abcdef', 'abcde…', 'abc…fg'],
  );
  assert.is(cutLine('漢字漢字', 5), '漢字…');
  const red = picocolors.createColors(true).red('abcdefgh');
  for (const at of ['end', 'middle'] as const) {
    const cut = cutLine(red, 4, at);
    assert.is(widthOf(cut), 4);
    assert.match(cut, /^\u001b\[31m.*\u001b\[39m/);
  }
  for (let columns = 1; columns < 30; columns++) {
    for (const line of ['x'.repeat(40), '漢'.repeat(40), `a${'漢b'.repeat(20)}`, red.repeat(5)]) {
      for (const at of ['end', 'middle'] as const) assert.ok(widthOf(cutLine(line, columns, at)) <= columns);
    }
  }
});

width.test('sentences are broken between words, and nothing is lost', () => {
  const sentence = `  it waits for ${'x'.repeat(70)} and for others, which wait too`;
  const lines = wrapped(sentence, 30);
  assert.ok(lines.every((line) => widthOf(line) <= 30));
  assert.is(lines.join('').replaceAll(' ', ''), sentence.replaceAll(' ', ''));
  assert.equal(wrapped('short', 30), ['short']);
  assert.equal(packed(['aa', 'bb', 'cc'], 8), ['aa   bb', 'cc']);
});

width.test('a command is broken as a shell reads it again', () => {
  const command = "overseer retry graph/job --store 'sqlite:./a b.db' --namespace x";
  const lines = wrappedCommand({ lead: 'try again:', command }, 30);
  assert.equal(lines, [
    'try again:',
    '  overseer retry graph/job \\',
    '    --store \\',
    "    'sqlite:./a b.db' \\",
    '    --namespace x',
  ]);
  assert.equal(wrappedCommand({ lead: 'try again:', command }, 200), [`try again: ${command}`]);
});
width.run();
