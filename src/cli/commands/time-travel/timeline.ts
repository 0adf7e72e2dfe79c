import { estimateTimeLeft } from '../../../history/estimate/estimate.js';
import { timeLeftText } from '../../output/time-left.js';
import { timeline } from '../../../history/timeline/timeline.js';
import { ganttLines, tookInWords, totalsRows } from '../../output/drawings/gantt-text.js';
import { ganttSvg } from '../../output/drawings/gantt-svg.js';
import { readWholeNumber } from '../../input/flag-values.js';
import type { Invocation } from '../../call/invocation.js';
import { asOfGraph, momentInWords } from '../../input/moment.js';
import { writeOutput } from '../../call/output-file.js';
import { resolveGraph } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import { tableLines } from '../../output/table.js';
import { listed, plural } from '../../output/phrases.js';

export interface TimelineOptions extends CommonOptions {
  readonly at?: string;
  readonly limit?: string;
  readonly svg?: string;
}

export async function timelineCommand(invocation: Invocation<TimelineOptions>, text: string): Promise<void> {
  const { terminal, options } = invocation;
  const { paint } = terminal;
  const rows = readWholeNumber('--limit', options.limit, 1) ?? 40;
  await invocation.withStore(async (store) => {
    const graphId = await resolveGraph(store, text, { advice: 'give its graph alone' });
    const at = await asOfGraph(store, graphId, options.at);
    const found = await timeline(store, graphId, at);
    const timeLeft = found.status === 'running' ? await estimateTimeLeft(store, graphId, at) : null;
    terminal.document({ ...found, timeLeft, ...at });
    if (options.svg !== undefined) {
      writeOutput(options.svg, ganttSvg(found), terminal);
      return;
    }
    const asOf = at.asOf === undefined ? '' : `, as of ${momentInWords(at.asOf, options.at)}`;
    const left = timeLeft === null ? null : timeLeftText(timeLeft);
    terminal.say(
      `graph ${paint.bold(graphId)}: ${tookInWords(found, paint)}, ${plural(found.jobs.length, 'job')}${asOf}`,
      ...(left === null ? [] : [`time left: ${left}`]),
      '',
      ...ganttLines(found, paint, { columns: process.stdout.columns ?? 100, rows }),
      '',
      ...tableLines(['time spent', 'all jobs', 'critical path', ''], totalsRows(found), paint),
      `critical path: ${listed(found.criticalPath, 12)}`,
    );
  });
}
