import type { Colors } from 'picocolors/types.js';
import { type ChangedJob, diff, type DiffSide, type GraphDiff, type GraphSide } from '../../../history/moments/diff.js';
import type { Store } from '../../../store/store.js';
import type { Invocation } from '../../call/invocation.js';
import type { CommonOptions } from '../../call/settings.js';
import { asOfGraph } from '../../input/moment.js';
import { resolveGraph } from '../../input/reference.js';
import { pairLines, tableLines } from '../../output/table.js';
import { coloured, duration, failureInShort, jsonInShort, listed, plural } from '../../output/phrases.js';

export interface DiffOptions extends CommonOptions {
  readonly durations: boolean;
}

/** Smaller differences in duration between two runs are not shown: no two runs take the same time. */
const durationNoise = { share: 0.1, ms: 10 };
const valueMax = 40;

/** `diff GRAPH A B` compares two moments of a graph, `diff GRAPH1 GRAPH2` two graphs as they are now. */
export async function diffCommand(invocation: Invocation<DiffOptions>, ...words: readonly string[]): Promise<void> {
  const { terminal, options } = invocation;
  const all = await invocation.withStore(async (store) => {
    const [before, after] = await readSides(store, words);
    return await diff(store, before, after);
  });
  const found = options.durations ? all : { ...all, changed: all.changed.map(withoutDuration).filter(saysSomething) };
  terminal.document(found);
  terminal.say(...diffLines(found, options, terminal.paint));
}

async function readSides(store: Store, words: readonly string[]): Promise<readonly [DiffSide, DiffSide]> {
  const [first = '', second = '', third] = words;
  const graphId = await graphIn(store, first);
  if (third === undefined) return [{ graphId }, { graphId: await graphIn(store, second) }];
  return [
    { graphId, ...(await asOfGraph(store, graphId, second)) },
    { graphId, ...(await asOfGraph(store, graphId, third)) },
  ];
}

function graphIn(store: Store, text: string): Promise<string> {
  return resolveGraph(store, text, { advice: 'graphs are compared, so give its graph alone' });
}

function diffLines(found: GraphDiff, { durations }: DiffOptions, paint: Colors): string[] {
  const isOneGraph = found.before.graphId === found.after.graphId;
  const changed = found.changed.map((job) => (isOneGraph ? job : withoutNoise(job))).filter(saysSomething);
  const rows = changed.map((job) => [
    job.jobId,
    arrow(job.status, (status) => coloured(status, paint)),
    arrow(job.attempt, String),
    ...(durations ? [arrow(job.durationMs, (ms) => (ms === null ? '-' : duration(ms)))] : []),
    remark(job),
  ]);
  const lines = [
    ...pairLines(
      [
        ['before', sideInWords(found.before, paint)],
        ['after', sideInWords(found.after, paint)],
      ],
      paint,
    ),
    ...(found.added.length === 0 ? [] : [`only in the second: ${listed(found.added, 10)}`]),
    ...(found.removed.length === 0 ? [] : [`only in the first: ${listed(found.removed, 10)}`]),
  ];
  if (rows.length === 0 && found.added.length + found.removed.length === 0) {
    return [...lines, found.before.isPaused === found.after.isPaused ? 'nothing differs' : 'no job differs'];
  }
  if (rows.length === 0) return lines;
  return [
    ...lines,
    '',
    ...tableLines(['job', 'status', 'attempt', ...(durations ? ['took'] : []), ''], rows, paint),
    `${plural(rows.length, 'job')} ${rows.length === 1 ? 'differs' : 'differ'}`,
  ];
}

function sideInWords({ graphId, status, isPaused, asOf }: GraphSide, paint: Colors): string {
  const paused = isPaused ? paint.yellow(' (paused)') : '';
  return `${graphId} ${asOf === null ? 'now' : `as of @${asOf}`}: ${coloured(status, paint)}${paused}`;
}

function withoutDuration({ durationMs: _, ...others }: ChangedJob): ChangedJob {
  return others;
}

function withoutNoise({ durationMs, ...others }: ChangedJob): ChangedJob {
  const { before, after } = durationMs ?? { before: null, after: null };
  const isNoise =
    before !== null &&
    after !== null &&
    Math.abs(after - before) <= Math.max(durationNoise.ms, durationNoise.share * before);
  return durationMs === undefined || isNoise ? others : { ...others, durationMs };
}

function saysSomething(job: ChangedJob): boolean {
  return Object.keys(job).length > 1;
}

function arrow<A>(change: { readonly before: A; readonly after: A } | undefined, show: (value: A) => string): string {
  return change === undefined ? '' : `${show(change.before)} → ${show(change.after)}`;
}

function remark({ result, failure, definition }: ChangedJob): string {
  return [
    result === undefined ? '' : `result ${arrow(result, (value) => jsonInShort(value, valueMax))}`,
    failure === undefined ? '' : arrow(failure, (value) => (value === null ? 'no failure' : failureInShort(value, 60))),
    definition === undefined ? '' : 'defined differently',
  ]
    .filter((part) => part !== '')
    .join('; ');
}
