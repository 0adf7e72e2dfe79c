import type { Colors } from 'picocolors/types.js';
import type { RetryPolicy } from '../../../domain/events.js';
import {
  defineProjection,
  type Projection,
  type ProjectionDefinition,
} from '../../../history/projections/projection.js';
import type { Divergence, SupposedJob, SupposedPolicy, Supposition } from '../../../history/what-if/supposition.js';
import { isPlainObject } from '../../../prelude/json.js';
import { compareProjections, type ComparedProjections, whatIf } from '../../../history/what-if/what-if.js';
import { shownPath } from '../../input/data-file.js';
import { UsageError } from '../../failure.js';
import { readJsonObject, readWholeNumber } from '../../input/flag-values.js';
import type { Invocation } from '../../call/invocation.js';
import { asOfGraph } from '../../input/moment.js';
import { patchLines } from '../../output/patch-lines.js';
import { resolveGraph } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import { loadSourceFile, misnamed } from '../../input/source-file.js';
import { type Fit, tableLines } from '../../output/table.js';
import type { Terminal } from '../../output/terminal.js';
import { coloured, countsInWords, failureInShort } from '../../../domain/status-phrases.js';
import { inShort, listed, plural, thousands } from '../../../prelude/phrases.js';

export interface WhatIfOptions extends CommonOptions {
  readonly retry?: string;
  readonly module?: string;
  readonly at?: string;
  readonly limit?: string;
}

/** How many jobs are listed, unless `--limit` says otherwise. */
const listedMost = 50;

/** What is supposed: another retry policy, another projection, or both. */
interface Premise {
  readonly retry: RetryPolicy | SupposedPolicy | null;
  readonly projections: readonly [before: Projection, after: Projection] | null;
}

export async function whatIfCommand(invocation: Invocation<WhatIfOptions>, text: string): Promise<void> {
  const { options, terminal } = invocation;
  const limit = readWholeNumber('--limit', options.limit, 1) ?? listedMost;
  const premise = await readPremise(options);
  await invocation.withStore(async (store) => {
    const advice = 'give its graph, since what happens to a job affects those that depend on it';
    const graphId = await resolveGraph(store, text, { advice });
    const asOf = await asOfGraph(store, graphId, options.at);
    const { retry, projections } = premise;
    const supposition = retry === null ? null : await whatIf(store, graphId, { retry, ...asOf });
    const compared =
      projections === null ? null : await compareProjections(store, ...projections, { graphId, ...asOf });
    terminal.document({ graphId, retry: supposition, projection: compared });
    if (supposition !== null) terminal.sayCut(...supposedLines(supposition, limit, terminal));
    if (supposition !== null && compared !== null) terminal.say('');
    if (compared !== null) terminal.sayCut(...comparedLines(compared));
  });
}

/** @throws UsageError `usage` or `module-invalid`; OverseerError `projection-invalid` */
async function readPremise({ retry, module: file }: WhatIfOptions): Promise<Premise> {
  if ((retry === undefined) === (file === undefined)) {
    throw new UsageError('usage', `say what to suppose: --retry '{"maximumAttempts": 5}' or --module FILE`);
  }
  if (retry !== undefined) {
    return { retry: readJsonObject('--retry', retry, { example: '{"maximumAttempts": 5}' }), projections: null };
  }
  const { held: exports } = await loadSourceFile(file!);
  const { projection, instead } = exports;
  const hasBoth = isPlainObject(projection) && isPlainObject(instead);
  const policy = exports['retry'];
  if ((policy === undefined && !hasBoth) || (projection === undefined) !== (instead === undefined)) {
    const slip = ['retry', 'projection', 'instead']
      .filter((name) => exports[name] === undefined)
      .map((name) => misnamed(exports, name))
      .join('');
    const message = `${shownPath(file!)} exports nothing to suppose; export \`retry\`, or \`projection\` and \`instead\`, or all three${slip}`;
    throw new UsageError('module-invalid', message);
  }
  if (policy !== undefined && typeof policy !== 'function' && !isPlainObject(policy)) {
    throw new UsageError('module-invalid', `${shownPath(file!)}: its \`retry\` is neither a policy nor a function`);
  }
  const defined = (value: unknown) => defineProjection(value as ProjectionDefinition<unknown>);
  return {
    retry: (policy as Premise['retry']) ?? null,
    projections: hasBoth ? [defined(projection), defined(instead)] : null,
  };
}

function supposedLines(
  { graphId, recorded, supposed, jobs }: Supposition,
  limit: number,
  { paint, columns }: Terminal,
): string[] {
  const { unknown = 0, ...known } = supposed.counts;
  const uncertain = unknown === 0 ? [] : [paint.yellow(`${thousands(unknown)} unknown`)];
  const counts = [...(Object.keys(known).length === 0 ? [] : [countsInWords(known, paint)]), ...uncertain].join(', ');
  const head = [
    [
      'recorded',
      statusText(recorded.status, paint),
      countsInWords(recorded.counts, paint),
      thousands(recorded.attempts),
    ],
    ['supposed', statusText(supposed.status, paint), counts, thousands(supposed.attempts)],
  ];
  const rows = jobs
    .slice(0, limit)
    .map((job) => [job.id, statusText(job.recorded, paint), statusText(job.supposed, paint), reasonText(job)]);
  const left = jobs.length - rows.length;
  const fit: Fit = { columns, cut: { 0: 'middle', 3: 'end' }, last: 0 };
  return [
    `graph ${paint.bold(graphId)}`,
    ...tableLines(['', 'status', 'jobs', 'attempts'], head, paint, { columns, cut: { 2: 'end' } }),
    '',
    ...(rows.length === 0
      ? ['nothing would have been different']
      : tableLines(['job', 'recorded', 'supposed', 'because'], rows, paint, fit)),
    ...(left > 0 ? [paint.dim(`… and ${plural(left, 'job')} more (--limit)`)] : []),
  ];
}

function statusText(status: SupposedJob['supposed'] | Supposition['supposed']['status'], paint: Colors): string {
  return status === 'unknown' ? paint.yellow(status) : coloured(status, paint);
}

function reasonText({ divergences, because, supposed, notMade }: SupposedJob): string {
  const own = divergences.map(divergenceText);
  const others =
    because.length === 0 ? [] : [`${supposed === 'unknown' ? 'it may depend on' : 'it depends on'} ${listed(because)}`];
  const spared = notMade.length === 0 ? [] : [`${plural(notMade.length, 'attempt')} not made`];
  return [...own, ...others, ...spared].join('; ');
}

function divergenceText({ attempt, cause, failure, supposed }: Divergence): string {
  const why = cause === 'fault' ? `fault: ${inShort(failure.message ?? '', 60)}` : failureInShort(failure, 60);
  const what = `attempt ${attempt} (${why})`;
  return supposed === 'failed' ? `${what} would have been the last` : `${what} would have been tried again`;
}

function comparedLines({ differences }: ComparedProjections): string[] {
  if (differences.length === 0) return ['both projections give the same state'];
  return ['the projections give different states:', ...patchLines(differences)];
}
