import { skippedInWords, recurrenceInWords, whySkipped, zoneTime } from '../../../domain/schedule-phrases.js';
import { shownInstant } from '../../../domain/schedules.js';
import { coloured } from '../../../domain/status-phrases.js';
import { whoAndWhy } from '../../../domain/pause-phrases.js';
import { defined } from '../../../prelude/defined.js';
import { duration, inShort, localTime, plural } from '../../../prelude/phrases.js';
import { schedule, type ScheduleDecision, type ScheduleInfo, schedules } from '../../../store/schedules.js';
import type { Invocation } from '../../call/invocation.js';
import type { CommonOptions } from '../../call/settings.js';
import { readWholeNumber } from '../../input/flag-values.js';
import { asOfLog, momentInWords } from '../../input/moment.js';
import { type Fit, pairLines, tableLines } from '../../output/table.js';
import type { Terminal } from '../../output/terminal.js';

export interface ListOptions extends CommonOptions {
  readonly at?: string;
}

export async function listCommand(invocation: Invocation<ListOptions>): Promise<void> {
  const { terminal, options } = invocation;
  await invocation.withStore(async (store) => {
    const at = await asOfLog(store, options.at);
    const found = await schedules(store, at);
    terminal.document({ schedules: found, ...at });
    if (at.asOf !== undefined) terminal.say(terminal.paint.dim(`as of ${momentInWords(at.asOf, options.at)}`));
    if (found.length === 0) return terminal.note('there is no schedule');
    const fit: Fit = { columns: terminal.columns, cut: { 0: 'end', 1: 'end', 3: 'end' }, last: 0 };
    const headings = ['schedule', 'due', 'next', 'last run', 'status'];
    const rows = found.map((each) => rowOf(each, terminal));
    terminal.sayCut(...tableLines(headings, rows, terminal.paint, fit));
  });
}

function rowOf(info: ScheduleInfo, { paint }: Terminal): string[] {
  const { name, pause, next, last, problem } = info;
  const held = problem === null ? (pause === null ? '-' : paint.yellow('paused')) : paint.red('left alone');
  const [first] = next;
  return [
    name,
    dueInWords(info),
    first === undefined ? held : localTime(first),
    last?.graphId ?? '-',
    last === null ? '-' : last.status === null ? 'not submitted yet' : coloured(last.status, paint),
  ];
}

/** When it is due, in words. */
function dueInWords({ cron, timezone, everyMs }: ScheduleInfo): string {
  return inShort(
    recurrenceInWords(
      defined({ cron: cron ?? undefined, timezone: timezone ?? undefined, everyMs: everyMs ?? undefined }),
    ),
    200,
  );
}

export interface ShowOptions extends CommonOptions {
  readonly limit?: string;
  readonly at?: string;
}

export async function showCommand(invocation: Invocation<ShowOptions>, name: string): Promise<void> {
  const { terminal, options } = invocation;
  const limit = readWholeNumber('--limit', options.limit, 1);
  await invocation.withStore(async (store) => {
    const at = await asOfLog(store, options.at);
    const found = await schedule(store, name, defined({ ...at, limit }));
    terminal.document({ ...found, ...at });
    if (at.asOf !== undefined) terminal.say(terminal.paint.dim(`as of ${momentInWords(at.asOf, options.at)}`));
    const { paint, columns } = terminal;
    terminal.say(...pairLines(pairsOf(found, terminal), paint, columns));
    terminal.say('', ...nextLines(found));
    if (found.history.length === 0) return terminal.say('', 'nothing was decided yet');
    const rows = found.history.map((each) => decisionRow(each, terminal));
    const fit: Fit = { columns, cut: { 0: 'middle', 2: 'end' }, last: 0 };
    terminal.say('');
    terminal.sayCut(...tableLines(['run', 'status', ''], rows, paint, fit));
  });
}

function pairsOf(info: ScheduleInfo, { paint }: Terminal): (readonly [string, string | null])[] {
  const { name, overlap, catchUpMs, jobs, set, pause, waiting, problem } = info;
  const shown = waiting.map((instant) => shownInstant(Date.parse(instant)));
  return [
    ['schedule', name],
    ['due', dueInWords(info)],
    ['overlap', overlap],
    ['catch-up', duration(catchUpMs)],
    ['graph', plural(jobs, 'job')],
    ['set', whoAndWhy(set)],
    ['paused', pause === null ? null : paint.yellow(whoAndWhy(pause))],
    ['left alone', problem === null ? null : paint.red(problem)],
    [
      'waiting',
      shown.length === 0
        ? null
        : `${shown.slice(0, 5).join(', ')}${shown.length > 5 ? ` and ${shown.length - 5} more` : ''}`,
    ],
  ];
}

/** The next runs, by the clocks of the schedule's zone and in UTC, as lines. */
export function nextLines({ next, timezone, pause }: ScheduleInfo): string[] {
  if (next.length === 0) return [pause === null ? 'it is never due again' : 'it makes no run while it is paused'];
  return next.map((instant, index) => {
    const at = Date.parse(instant);
    const inZone = timezone === null || timezone === 'UTC' ? '' : `${zoneTime(at, timezone)}  `;
    return `${index === 0 ? 'next ' : '     '} ${inZone}${shownInstant(at)}`;
  });
}

function decisionRow({ outcome, graphId, status, ...decision }: ScheduleDecision, { paint }: Terminal): string[] {
  const { from, to, count, why, at } = decision;
  if (outcome === 'skipped') {
    const reason = whySkipped(why === 'missed' ? 'missed' : 'overlap');
    return [skippedInWords({ from, to, count: count ?? undefined }), paint.yellow('skipped'), reason];
  }
  const how = { due: '', asked: 'asked for', buffered: 'had to wait' }[why as 'due' | 'asked' | 'buffered'];
  const lateMs = Date.parse(at) - Date.parse(from);
  const late = why !== 'asked' && lateMs >= 60_000 ? `${duration(lateMs)} late` : '';
  const took =
    decision.lastEventAt === null || status === 'running'
      ? ''
      : `in ${duration(Date.parse(decision.lastEventAt) - Date.parse(at))}`;
  const words = [took, how, late].filter((each) => each !== '').join(', ');
  return [graphId!, status === null ? 'not submitted yet' : coloured(status, paint), words];
}
