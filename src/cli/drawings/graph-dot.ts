import type { GraphInfo, JobInfo } from '../../store/info.js';
import { statusLooks } from './status-looks.js';

/** A graph and how its jobs stand, in the language of Graphviz. */
export function graphDot({ id, jobs }: GraphInfo): string {
  const lines = Object.values(jobs).flatMap((job) => [
    `  ${quoted(job.id)} [${attributesOf(job)}];`,
    ...job.parents.map((parent) => `  ${quoted(parent)} -> ${quoted(job.id)};`),
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
    label: `${id}\n${derivedStatus}${attempt > 1 ? `, attempt ${attempt}` : ''}`,
    shape,
    fillcolor: fill,
    color: stroke,
    ...(isDashed ? { style: 'filled,dashed' } : {}),
  };
  return Object.entries(attributes)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(', ');
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
