import { measureInWords } from '../../../domain/limit-phrases.js';
import { whoAndWhy } from '../../../domain/pause-phrases.js';
import { duration, localTime } from '../../../prelude/phrases.js';
import { limit, type LimitInfo, limits } from '../../../store/limits.js';
import type { Invocation } from '../../call/invocation.js';
import type { CommonOptions } from '../../call/settings.js';
import { asOfLog, momentInWords } from '../../input/moment.js';
import { type Fit, pairLines, tableLines } from '../../output/table.js';
import type { Terminal } from '../../output/terminal.js';

export interface LookOptions extends CommonOptions {
  readonly at?: string;
}

export async function listCommand(invocation: Invocation<LookOptions>): Promise<void> {
  const { terminal, options } = invocation;
  await invocation.withStore(async (store) => {
    const at = await asOfLog(store, options.at);
    const found = await limits(store, at);
    terminal.document({ limits: found, ...at });
    if (at.asOf !== undefined) terminal.say(terminal.paint.dim(`as of ${momentInWords(at.asOf, options.at)}`));
    if (found.length === 0) return terminal.note('no limit is set');
    const fit: Fit = { columns: terminal.columns, cut: { 0: 'end', 2: 'end' }, last: 0 };
    const rows = found.map((each) => [each.key, measureInWords(each), whoAndWhy(each.set)]);
    terminal.sayCut(...tableLines(['key', 'limit', 'set'], rows, terminal.paint, fit));
  });
}

/** How many lines each list takes at most. */
const linesMax = 20;

export async function showCommand(invocation: Invocation<LookOptions>, key: string): Promise<void> {
  const { terminal, options } = invocation;
  await invocation.withStore(async (store) => {
    const at = await asOfLog(store, options.at);
    const found = await limit(store, key, at);
    terminal.document({ ...found, ...at });
    const { paint, columns } = terminal;
    if (at.asOf !== undefined) terminal.say(paint.dim(`as of ${momentInWords(at.asOf, options.at)}`));
    terminal.say(...pairLines(pairsOf(found, terminal), paint, columns));
    const fit: Fit = { columns, cut: { 0: 'middle' }, last: 0 };
    const { places, waiters, waiting } = found;
    if (places.length > 0) {
      const rows = places
        .slice(0, linesMax)
        .map(({ graphId, jobId, attempt, units, at: since }) => [
          `${graphId}/${jobId}`,
          String(attempt),
          String(units),
          localTime(since),
        ]);
      terminal.say('');
      terminal.sayCut(...tableLines(['has a place', 'attempt', 'units', 'since'], rows, paint, fit));
      if (places.length > linesMax) terminal.say(`… and ${places.length - linesMax} more`);
    }
    if (waiting === 0) return;
    const rows = waiters.slice(0, linesMax).map(({ graphId, jobId, units }) => [`${graphId}/${jobId}`, String(units)]);
    terminal.say('');
    terminal.sayCut(...tableLines(['ready, wants a place', 'units'], rows, paint, fit));
    if (waiting > rows.length) terminal.say(`… and ${waiting - rows.length} more`);
  });
}

function pairsOf(info: LimitInfo, { paint }: Terminal): (readonly [string, string | null])[] {
  const { key, setting, units, starts, nextStartAt, problem, waiting } = info;
  const ofAll = setting?.concurrency === undefined ? '' : ` of ${setting.concurrency}`;
  const inWindow = starts === null ? null : `${starts} in the last ${duration(setting!.windowMs!)}`;
  return [
    ['key', key],
    ['limit', setting === null ? 'none is set' : measureInWords(setting)],
    ['by', setting === null || setting.key === key ? null : `the pattern ${setting.key}`],
    ['set', setting === null ? null : whoAndWhy(setting.set)],
    ['taken', `${units}${ofAll}`],
    ['started', inWindow],
    ['next start', nextStartAt === null ? null : localTime(nextStartAt)],
    ['waiting', waiting === 0 ? null : String(waiting)],
    ['left alone', problem === null ? null : paint.red(problem)],
  ];
}
