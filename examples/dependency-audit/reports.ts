/** The jobs `text-report`, `html-report` and `summary`. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningJob } from 'overseer';
import { htmlReport } from './html-report.js';
import { readKeptJson, writeWhole } from './objects.js';
import { argsOf, type Findings, inputOf, type PackageRow, type Report, type Settled, type Summary } from './results.js';
import type { Story, StoryKept } from './story.js';
import { textReport } from './text-report.js';

/** Everything a report is made from. */
export interface ReportContent extends Findings {
  readonly root: string;
  readonly graphId: string;
  readonly rows: readonly PackageRow[];
  /** Null when the run did not know its store. */
  readonly story: Story | null;
}

export function writeTextReport(job: RunningJob): Report {
  return write(argsOf(job).out, 'report.txt', textReport(contentFor(job)));
}

export function writeHtmlReport(job: RunningJob): Report {
  return write(argsOf(job).out, 'report.html', htmlReport(contentFor(job)));
}

/** The last job: says that both reports are there as they were written, and hands everything on to whoever waits. */
export function summary(job: RunningJob): Summary {
  const { out } = argsOf(job);
  const html = inputOf<Report>(job, 'html-report');
  const text = inputOf<Report>(job, 'text-report');
  for (const { file, sha256 } of [html, text]) {
    if (sha256 !== digest(readFileSync(join(out, file)))) throw new Error(`${file} is not what its job has written`);
  }
  return { ...findingsOf(job), reports: { html, text } };
}

function write(out: string, file: string, content: string): Report {
  writeWhole(join(out, file), content);
  return { file, sha256: digest(Buffer.from(content)), bytes: Buffer.byteLength(content) };
}

function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function findingsOf(job: RunningJob): Findings {
  return {
    inventory: inputOf(job, 'inventory'),
    licences: inputOf(job, 'licences'),
    duplicates: inputOf(job, 'duplicates'),
    largest: inputOf(job, 'largest'),
    settle: inputOf<Settled>(job, 'settle'),
  };
}

function contentFor(job: RunningJob): ReportContent {
  const { out, root } = argsOf(job);
  const findings = findingsOf(job);
  const { kept } = inputOf<StoryKept>(job, 'story');
  const story = kept === null ? null : readKeptJson<Story>(out, kept);
  const rows = readKeptJson<readonly PackageRow[]>(out, findings.inventory.rows);
  return { ...findings, root, graphId: job.graphId, rows, story };
}
