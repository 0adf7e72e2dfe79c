import { cleanText } from '../../../prelude/clean-text.js';
import type { GraphInfo, JobInfo } from '../../../domain/graph-info.js';
import { statusLooks } from './status-looks.js';

/** A graph and the status of its jobs, in the language of Graphviz. */
export function graphDot({ id, jobs }: GraphInfo): string {
  const lines = Object.values(jobs).flatMap((job) => [
    `  ${quoted(job.id)} [${attributesOf(job)}];`,
    ...job.parents
      .filter((parent) => Object.hasOwn(jobs, parent))
      .map((parent) => `  ${quoted(parent)} -> ${quoted(job.id)};`),
  ]);
  return [
    `digraph ${quoted(id)} {`,
    '  rankdir=LR;',
    '  node [fontname="sans-serif", fontsize=11, style=filled];',
    ...lines,
    '}',
    '',
  ].join('\n');
}

function attributesOf({ id, derivedStatus, attempt }: JobInfo): string {
  const { shape, fill, stroke, isDashed } = statusLooks[derivedStatus];
  const attributes = {
    label: quoted(id, `${derivedStatus}${attempt > 1 ? `, attempt ${attempt}` : ''}`),
    shape: quoted(shape),
    fillcolor: quoted(fill),
    color: quoted(stroke),
    ...(isDashed ? { style: quoted('filled,dashed') } : {}),
  };
  return Object.entries(attributes)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

/** Lines of text as Graphviz takes them; what cannot be seen is written out. */
function quoted(...lines: readonly string[]): string {
  const clean = lines.map((line) => cleanText(line).replaceAll('\\', '\\\\').replaceAll('"', '\\"'));
  return `"${clean.join('\\n')}"`;
}
