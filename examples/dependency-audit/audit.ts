/** The graph of an audit, and the handlers that run its jobs. */
import { createHash } from 'node:crypto';
import { type Handlers, jobGraph, type JobGraph, type JobSpecification, type RetryPolicy } from 'overseer';
import { discover } from './discover.js';
import { duplicates, inventory, type InventoryArgs, largest, licences } from './joins.js';
import { hash, joinPackage, measure, readLicence, readManifest } from './per-package.js';
import { summary, writeHtmlReport, writeTextReport } from './reports.js';
import type { AuditArgs } from './results.js';
import { settle } from './settle.js';
import { writeStory } from './story.js';

export const handlers: Handlers = {
  manifest: readManifest,
  licence: readLicence,
  measure,
  hash,
  package: joinPackage,
  inventory,
  licences,
  duplicates,
  largest,
  settle,
  story: writeStory,
  'text-report': writeTextReport,
  'html-report': writeHtmlReport,
  summary,
};

/** Reading files may fail for a moment: a slow network drive, too many open files. A few more tries are cheap. */
const reading: RetryPolicy = { maximumAttempts: 3, initialIntervalMs: 200, backoffCoefficient: 2 };

/** How long nothing may change for an installation to count as settled. */
const quietMs = 1500;

/**
 * Finds what is installed and builds the graph of its audit: five jobs for each package, and the joins.
 *
 * @throws AuditError if there is nothing to audit
 */
export function auditGraph(args: AuditArgs, id: string): JobGraph {
  const { project, packages, strays, missing } = discover(args.root);
  const jobs: Record<string, JobSpecification> = {};
  const measured: string[] = [];
  const joined: string[] = [];
  for (const { location, locked } of packages) {
    const name = shortName(location);
    const add = (type: string, after: readonly string[], retry?: RetryPolicy): string => {
      jobs[`${type}:${name}`] = { type, after, args: { location, locked }, ...(retry && { retry }) };
      return `${type}:${name}`;
    };
    const manifest = add('manifest', [], reading);
    const licence = add('licence', [manifest], reading);
    const measure = add('measure', [], reading);
    const hash = add('hash', [measure], reading);
    measured.push(measure);
    joined.push(add('package', [manifest, licence, measure, hash]));
  }
  const known = { project, strays: atMost(strays), missing: atMost(missing) } satisfies Omit<
    InventoryArgs,
    keyof AuditArgs
  >;
  const findings = ['inventory', 'licences', 'duplicates', 'largest', 'settle'];
  Object.assign(jobs, {
    inventory: { type: 'inventory', after: joined, args: known },
    licences: { type: 'licences', after: joined, args: known },
    duplicates: { type: 'duplicates', after: joined },
    largest: { type: 'largest', after: measured },
    settle: { type: 'settle', after: joined, args: { quietMs } },
    story: { type: 'story', after: findings },
    'text-report': { type: 'text-report', after: [...findings, 'story'] },
    'html-report': { type: 'html-report', after: [...findings, 'story'] },
    summary: { type: 'summary', after: [...findings, 'text-report', 'html-report'] },
  } satisfies Record<string, JobSpecification>);
  const labels = { kind: 'dependency-audit', project: project.name };
  return jobGraph({ jobs }, { ...args }, { id, labels });
}

/** Args have a size limit too: of a long list, its beginning and its length. */
function atMost(list: readonly string[]): { readonly listed: readonly string[]; readonly total: number } {
  return { listed: list.slice(0, 200), total: list.length };
}

const nameBytesMax = 400;

/** A location without the part that all have in common, made fit for a job's id: short, without control characters. */
function shortName(location: string): string {
  const name = location
    .slice('node_modules/'.length)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}%]|\s$/gu, (character) => encodeURIComponent(character));
  if (Buffer.byteLength(name) <= nameBytesMax) return name;
  return `${name.slice(0, 80)}…${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

/** Where an audit of that moment is written, and the id of its graph. */
export function runNameAt(moment: Date): string {
  return moment.toISOString().slice(0, 19).replaceAll(':', '-');
}
