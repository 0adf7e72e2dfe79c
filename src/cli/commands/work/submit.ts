import { shownAddress } from '../../../prelude/shown-address.js';
import { transactGraph } from '../../../store/submit.js';
import { readArgs, readLabels, readTimeToCome, readWholeNumber } from '../../input/flag-values.js';
import { readWorkFile } from '../../input/work-file.js';
import { UsageError } from '../../failure.js';
import type { GraphOverrides } from '../../input/graph-form.js';
import type { Invocation } from '../../call/invocation.js';
import type { CommonOptions } from '../../call/settings.js';
import { plural } from '../../../prelude/phrases.js';

/** Flags that say something about the graph in a file. */
export interface GraphFlags extends CommonOptions {
  readonly id?: string;
  readonly args?: string;
  readonly label?: readonly string[];
  readonly priority?: string;
  readonly startAfter?: string;
  readonly deadline?: string;
}

export interface SubmitOptions extends GraphFlags {
  readonly dryRun?: boolean;
}

/** @throws UsageError */
export function graphOverrides({ id, args, label, priority, startAfter, deadline }: GraphFlags): GraphOverrides {
  const given = {
    id,
    args: readArgs(args),
    labels: label === undefined ? undefined : readLabels(label),
    priority: readWholeNumber('--priority', priority, -Infinity),
    startAfter: startAfter === undefined ? undefined : readStart(startAfter),
    ...(deadline === undefined ? {} : readDeadline(deadline)),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function readStart(text: string): string {
  const start = readTimeToCome('--start-after', text);
  return 'at' in start ? start.at : new Date(Date.now() + start.inMs).toISOString();
}

/** How long counts from the submission. */
function readDeadline(text: string): Pick<GraphOverrides, 'deadline' | 'deadlineMs'> {
  const end = readTimeToCome('--deadline', text);
  if ('at' in end && Date.parse(end.at) <= Date.now()) {
    throw new UsageError('usage', `--deadline ${text} has passed already: the graph would be aborted at once`);
  }
  return 'at' in end ? { deadline: end.at } : { deadlineMs: end.inMs };
}

export async function submitCommand(invocation: Invocation<SubmitOptions>, file: string): Promise<void> {
  const { options, terminal } = invocation;
  const overrides = graphOverrides(options);
  const { settings } = invocation;
  terminal.reserveStdout();
  const graph = await (await readWorkFile(file, overrides.args)).graph(overrides);
  const jobs = Object.values(graph.jobs);
  const types = [...new Set(jobs.map((job) => job.type))];
  if (options.dryRun === true) {
    terminal.document({ graphId: graph.id, valid: true, stored: false, jobs: jobs.length, types });
    const what = `${plural(jobs.length, 'job')} of ${plural(types.length, 'type')}`;
    terminal.say(`the graph is valid: ${what}; nothing was stored in ${describeStore(settings.values.store)}`);
    return;
  }
  const { graphId, stored } = await invocation.withStore((store) => transactGraph(store, graph), { create: true });
  terminal.document({ graphId, stored, jobs: jobs.length, types });
  terminal.say(graphId);
  if (!stored) terminal.note('this graph exists already; nothing was changed');
}

function describeStore(store: unknown): string {
  return typeof store === 'string' ? shownAddress(store) : 'the store';
}
