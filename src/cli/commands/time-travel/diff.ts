import type { Colors } from 'picocolors/types.js';
import type { ChangedJob, GraphDiff, GraphSide } from '../../../history/moments/compare.js';
import { diff, type DiffSide } from '../../../history/moments/diff.js';
import { readMoment } from '../../../history/moments/read-moment.js';
import { wordsFor } from '../../../prelude/errors.js';
import { E } from '../../../prelude/fp.js';
import { orThrow } from '../../../store/or-throw.js';
import type { Store } from '../../../store/store.js';
import type { Invocation } from '../../call/invocation.js';
import type { CommonOptions } from '../../call/settings.js';
import { asOfGraph } from '../../input/moment.js';
import { resolveGraph } from '../../input/reference.js';
import { readWholeNumber } from '../../input/flag-values.js';
import { type Fit, pairLines, tableLines } from '../../output/table.js';
import { coloured, failureInShort } from '../../../domain/status-phrases.js';
import { duration, inShort, jsonInShort, listed, plural, thousands } from '../../../prelude/phrases.js';

export interface DiffOptions extends CommonOptions {
  readonly durations: boolean;
  readonly limit?: string;
}

/** How many jobs are listed, unless `--limit` says otherwise. */
const listedMost = 50;
/** Smaller differences in duration between two runs are not shown: no two runs take the same time. */
const durationNoise = { share: 0.1, ms: 10 };
const valueMax = 40;

/**
 * `diff GRAPH A B` compares two moments of a graph, `diff GRAPH A` a moment with now, and `diff GRAPH1 GRAPH2` two graphs
 * as they are now.
 */
export async function diffCommand(invocation: Invocation<DiffOptions>, ...words: readonly string[]): Promise<void> {
  const { terminal, options } = invocation;
  const limit = readWholeNumber('--limit', options.limit, 1) ?? listedMost;
  const all = await invocation.withStore(async (store) => {
    const [before, after] = await readSides(store, words);
    return await diff(store, before, after);
  });
  const found = options.durations ? all : { ...all, changed: all.changed.map(withoutDuration).filter(saysSomething) };
  terminal.document(found);
  const { paint, columns } = terminal;
  terminal.sayCut(...diffLines(found, { durations: options.durations, limit, paint, columns }));
}

async function readSides(store: Store, words: readonly string[]): Promise<readonly [DiffSide, DiffSide]> {
  const [first = '', second = '', third] = words;
  const graphId = await graphIn(store, first);
  if (third === undefined) {
    if (await isMoment(store, second)) return [{ graphId, ...(await asOfGraph(store, graphId, second)) }, { graphId }];
    return [{ graphId }, { graphId: await graphIn(store, second) }];
  }
  return [
    { graphId, ...(await asOfGraph(store, graphId, second)) },
    { graphId, ...(await asOfGraph(store, graphId, third)) },
  ];
}

/** Whether a word names a moment. A graph may be called by a date, but then only its whole id means it. */
async function isMoment(store: Store, text: string): Promise<boolean> {
  if (/^[#@]/.test(text)) return true;
  const isTime = E.isRight(E.tryCatch(() => readMoment(text), wordsFor));
  return isTime && (await orThrow(store.log.readStream({ graphId: text, jobId: null }, { to: 0 }))).length === 0;
}

function graphIn(store: Store, text: string): Promise<string> {
  return resolveGraph(store, text, { advice: 'graphs are compared, so give its graph alone' });
}

interface Layout {
  readonly durations: boolean;
  readonly limit: number;
  readonly paint: Colors;
  readonly columns: number | null;
}

function diffLines(found: GraphDiff, { durations, limit, paint, columns }: Layout): string[] {
  const isOneGraph = found.before.graphId === found.after.graphId;
  const changed = found.changed.map((job) => (isOneGraph ? job : withoutNoise(job))).filter(saysSomething);
  const rows = changed
    .slice(0, limit)
    .map((job) => [
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
  const fit: Fit = { columns, cut: { 0: 'middle', [durations ? 4 : 3]: 'end' }, last: 0 };
  const hidden =
    changed.length === rows.length ? '' : `; ${thousands(changed.length - rows.length)} are not listed (--limit)`;
  return [
    ...lines,
    '',
    ...tableLines(['job', 'status', 'attempt', ...(durations ? ['took'] : []), ''], rows, paint, fit),
    `${plural(changed.length, 'job')} ${changed.length === 1 ? 'differs' : 'differ'}${hidden}`,
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

function remark({ result, failure, answeredBy, definition }: ChangedJob): string {
  return [
    result === undefined ? '' : `result ${arrow(result, (value) => jsonInShort(value, valueMax))}`,
    failure === undefined ? '' : arrow(failure, (value) => (value === null ? 'no failure' : failureInShort(value, 60))),
    answeredBy === undefined
      ? ''
      : `answered by ${arrow(answeredBy, (by) => (by === null ? 'nobody' : inShort(by, 40)))}`,
    definition === undefined ? '' : 'defined differently',
  ]
    .filter((part) => part !== '')
    .join('; ');
}
