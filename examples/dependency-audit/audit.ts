/** The graph of an audit, and the handlers that run its jobs. */
import { type FullGraph, type Handlers, jobGraph, type JobGraph } from 'overseer';
import { readProject } from './discover.js';
import { findInstalled } from './installed.js';
import { duplicates, inventory, largest, licences } from './joins.js';
import { hash, joinPackage, measure, readLicence, readManifest } from './per-package.js';
import { summary, writeHtmlReport, writeTextReport } from './reports.js';
import type { AuditArgs } from './results.js';
import { settle } from './settle.js';
import { writeStory } from './story.js';

export const handlers: Handlers = {
  installed: findInstalled,
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

/** How long nothing may change for an installation to count as settled. */
const quietMs = 1500;

const everything = ['installed/*'];
const findings = ['inventory', 'licences', 'duplicates', 'largest', 'settle'];

/** Which packages there are, `installed` finds; it spawns five jobs for each, below itself. */
const graph: FullGraph = {
  jobs: {
    installed: { type: 'installed' },
    inventory: { type: 'inventory', after: everything },
    licences: { type: 'licences', after: everything },
    duplicates: { type: 'duplicates', after: everything },
    largest: { type: 'largest', after: everything },
    settle: { type: 'settle', after: everything, args: { quietMs } },
    story: { type: 'story', after: findings },
    'text-report': { type: 'text-report', after: [...findings, 'story'] },
    'html-report': { type: 'html-report', after: [...findings, 'story'] },
    summary: { type: 'summary', after: [...findings, 'text-report', 'html-report'] },
  },
};

/**
 * The graph of the audit of a project.
 *
 * @throws AuditError if it is no project, or nothing is installed there
 */
export function auditGraph(args: AuditArgs, id: string): JobGraph {
  const labels = { kind: 'dependency-audit', project: readProject(args.root).name };
  return jobGraph(graph, args, { id, labels });
}

/** Where an audit of that moment is written, and the id of its graph. */
export function runNameAt(moment: Date): string {
  return moment.toISOString().slice(0, 19).replaceAll(':', '-');
}
