/**
 * The audit of the project this example lies in, in the form that `overseer run FILE` and `overseer worker FILE` take:
 *
 *     npx overseer run examples/dependency-audit/graph.ts --store sqlite:audit.db
 *
 * Give the store by the environment (`OVERSEER_STORE`) instead, and the reports can tell the story of the run.
 */
import { join } from 'node:path';
import { auditGraph, runNameAt } from './audit.js';

export { handlers } from './audit.js';

const run = runNameAt(new Date());

export const graph = auditGraph(
  {
    root: join(import.meta.dirname, '..', '..'),
    out: join(import.meta.dirname, 'out', run),
  },
  `dependency-audit-${run}`,
);
