import { join, relative } from 'node:path';
import pc from 'picocolors';
import type { GraphInfo, JobInfo } from 'overseer';
import type { Summary } from './results.js';
import { seconds, type Story } from './story.js';
import { count, counted, plain, size } from './wording.js';

/** Beside the reports: the run as a page, with its history inside. */
export const incidentName = 'incident.html';

export interface Ending {
  readonly graph: GraphInfo;
  readonly story: Story;
  readonly out: string;
  readonly address: string;
  readonly tookMs: number;
}

/** What is said at the end of an audit that finished. */
export function summaryLines({ graph, story, out, tookMs }: Ending): readonly string[] {
  const { inventory, licences, duplicates, largest, settle, reports } = graph.jobs['summary']!
    .result as unknown as Summary;
  const { conflict, attention, note } = licences.counts;
  const fact = (name: string, value: string) => `  ${pc.dim(name.padEnd(11))} ${value}`;
  const worst = licences.findings[0];
  const top = largest.packages.slice(0, 3);
  const topText = top.map((one) => `${plain(one.location.slice('node_modules/'.length))} ${size(one.bytes)}`);
  return [
    '',
    fact(
      'packages',
      `${count(inventory.packages)}: ${count(inventory.production)} for production, ${count(inventory.development)} for development`,
    ),
    fact('size', `${size(inventory.bytes)} in ${counted(inventory.files, 'file')}`),
    fact('largest', topText.join(', ')),
    fact(
      'duplicates',
      `${counted(duplicates.packagesTotal, 'package')} in more than one place, ${size(duplicates.extraBytes)} extra`,
    ),
    fact(
      '',
      `${counted(duplicates.contentsTotal, 'file')} in more than one package, ${size(duplicates.wastedBytes)} wasted`,
    ),
    fact('licences', `${counted(conflict, 'conflict')}, ${count(attention)} to look at, ${counted(note, 'note')}`),
    ...(worst === undefined ? [] : [fact('', `${worst.severity}: ${plain(worst.name)}: ${plain(worst.message)}`)]),
    ...(settle.changedTotal === 0
      ? []
      : [
          pc.yellow(
            fact(
              'attention',
              `${counted(settle.changedTotal, 'package')} changed while the audit read them: run it again`,
            ),
          ),
        ]),
    '',
    ...story.workers.map(({ pid, finished }) => fact('worker', `pid ${pid} finished ${counted(finished, 'job')}`)),
    ...story.recoveries.map(({ job, faults, finished, events }) => {
      const first = events.find(({ isFault }) => isFault)!.atMs;
      const recovered = finished ? `recovered ${seconds(events.at(-1)!.atMs - first)} later` : 'did not recover';
      return fact('fault', `${plain(job)} faulted ${faults === 1 ? 'once' : `${faults} times`} and ${recovered}`);
    }),
    fact(
      'took',
      `${seconds(tookMs)} for ${counted(Object.keys(graph.jobs).length, 'job')} and ${counted(story.events, 'event')}`,
    ),
    '',
    pc.bold('The reports'),
    `  ${pc.cyan(path(out, reports.html.file))}`,
    `  ${pc.cyan(path(out, reports.text.file))}`,
  ];
}

/** Commands that look at the history just written. */
export function commandLines({
  graph,
  story,
  out,
  address,
}: Pick<Ending, 'graph' | 'story' | 'out' | 'address'>): readonly string[] {
  const file = /^sqlite:(.*)$/.exec(address)?.[1];
  const store = quoted(file === undefined ? address : `sqlite:${path(file)}`);
  const half = Math.ceil(story.events / 2);
  const job = culpritIn(graph)?.id ?? 'settle';
  const jobs = graph.counts.finished;
  const commands: readonly (readonly [command: string, says: string])[] = [
    ['ui --open', 'the same in a browser, with whatever else is in the store; Ctrl+C ends it'],
    ['graphs', 'every graph in this store'],
    [`show ${graph.id}`, 'this one, job by job'],
    [`show ${graph.id} --at '#${half}'`, 'as it was half-way'],
    [`history ${quoted(`${graph.id}/${job}`)}`, 'everything that happened to this job'],
    [`explain ${quoted(`${graph.id}/${job}`)}`, 'why it has the state it has'],
    ['log --type JobFaulted', 'every attempt that failed'],
    [`timeline ${graph.id}`, 'how its jobs spent their time'],
    [`diff ${graph.id} '#${half}' '#${story.events}'`, 'what the second half changed'],
    [
      `bisect ${graph.id} --where 'count.finished >= ${Math.ceil(jobs / 2)}'`,
      'the event by which half of it was finished',
    ],
    [`step ${graph.id} --at '#${half}'`, 'event by event, with the arrow keys'],
    [`fork ${graph.id} --from settle --dry-run`, 'what would run again, and what would be kept'],
    [`what-if ${graph.id} --retry '{"maximumAttempts":1}'`, 'if nothing had been tried twice'],
    ...replayLines(graph),
    ['audit head', 'a fingerprint of the whole log, to keep elsewhere'],
    ['verify', 'checks the whole log against the rules, and the fingerprint'],
  ];
  const width = Math.max(...commands.map(([command]) => command.length));
  return [
    '',
    pc.bold('Look at the history just written'),
    `  ${pc.cyan(path(out, incidentName))}  ${pc.dim('opens in a browser: the whole run, to wind back and forth')}`,
    `  ${pc.cyan(`export OVERSEER_STORE=${store}`)}`,
    ...commands.map(([command, says]) => `  ${pc.cyan(`npx overseer ${command.padEnd(width)}`)}  ${pc.dim(says)}`),
    '',
  ];
}

/** A job that ends in the same way whenever it is run again, if it has finished. */
function replayLines({ id, jobs }: GraphInfo): readonly (readonly [command: string, says: string])[] {
  const file = quoted(path(join(import.meta.dirname, 'graph.ts')));
  return jobs['inventory']?.status === 'finished'
    ? [[`replay ${id}/inventory ${file}`, 'runs its handler again, on the same input']]
    : [];
}

/** Why an audit did not finish: the job that caused it, and its message. */
export function failureSentence(graph: GraphInfo): string {
  const culprit = culpritIn(graph);
  const outcome = graph.status === 'failed' ? 'the audit has failed' : `the audit was ${graph.status}`;
  if (culprit === null) return outcome;
  const { id, failure, abort } = culprit;
  const why = failure === null ? (abort?.message ?? '') : `${failure.exception}: ${failure.message ?? ''}`;
  return `${outcome}, because of its job ${plain(id)}: ${plain(why)}`;
}

function culpritIn({ jobs }: GraphInfo): JobInfo | null {
  return Object.values(jobs).find((job) => job.status === 'failed' || job.abort !== null) ?? null;
}

function path(...parts: readonly string[]): string {
  const from = relative(process.cwd(), parts.join('/'));
  return from.startsWith('..') ? parts.join('/') : from;
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
