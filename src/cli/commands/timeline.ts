import { timeline } from '../../store/timeline.js';
import { ganttLines, tookInWords, totalsRows } from '../drawings/gantt-text.js';
import { ganttSvg } from '../drawings/gantt-svg.js';
import { readWholeNumber } from '../flag-values.js';
import type { Invocation } from '../invocation.js';
import { asOfGraph, momentInWords } from '../moment.js';
import { writeOutput } from '../output-file.js';
import { resolveGraph } from '../reference.js';
import type { CommonOptions } from '../settings.js';
import { tableLines } from '../table.js';
import { listed, plural } from '../wording.js';

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
    const graphId = await resolveGraph(store, text, 'give its graph alone');
    const at = await asOfGraph(store, graphId, options.at);
    const found = await timeline(store, graphId, at);
    terminal.document({ ...found, ...at });
    if (options.svg !== undefined) {
      writeOutput(options.svg, ganttSvg(found), terminal);
      return;
    }
    const asOf = at.asOf === undefined ? '' : `, as of ${momentInWords(at.asOf, options.at)}`;
    terminal.say(
      `graph ${paint.bold(graphId)}: ${tookInWords(found, paint)}, ${plural(found.jobs.length, 'job')}${asOf}`,
      '',
      ...ganttLines(found, paint, { columns: process.stdout.columns ?? 100, rows }),
      '',
      ...tableLines(['time spent', 'all jobs', 'critical path', ''], totalsRows(found), paint),
      `critical path: ${listed(found.criticalPath, 12)}`,
    );
  });
}
