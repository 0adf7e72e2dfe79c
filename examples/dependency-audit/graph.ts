/**
 * The audit of the project this example lies in, in the form that `overseer run FILE` and `overseer worker FILE` take:
 *
 *     npx overseer run examples/dependency-audit/graph.ts --store sqlite:audit.db
 */
import { join } from 'node:path';
import { auditGraph, runNameAt } from './audit.js';

export { handlers } from './audit.js';

const run = runNameAt(new Date());

export const graph = auditGraph(
  {
    root: join(import.meta.dirname, '..', '..'),
    out: join(import.meta.dirname, 'out', run),
    // Which store the command line works on is not known here. Where it is given by the environment, the reports can
    // tell the story of the run.
    store: process.env['OVERSEER_STORE'] ?? null,
  },
  `dependency-audit-${run}`,
);
