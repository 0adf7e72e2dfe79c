/**
 * The audit of the project that this example belongs to, in the form that `overseer run FILE` and `overseer worker FILE` take:
 *
 *     npx overseer run examples/dependency-audit/graph.ts --store sqlite:audit.db
 *
 * With the store in the environment (`OVERSEER_STORE`) instead, the reports also tell the story of the run.
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
