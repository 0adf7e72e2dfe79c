import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerProjection } from '../../server-projections.js';

/** What is known of a projection besides its source. */
interface Description {
  readonly projection: string;
  readonly version: number;
  /** What the names of the streams it writes begin with, after `<namespace>.`. */
  readonly writes: readonly string[];
  /** Projections whose streams it reads, with their versions. */
  readonly needs: readonly string[];
}

interface Written extends Description {
  /** Files of `projections/` that make up the source, in this order, with an empty line between them. */
  readonly files: readonly string[];
}

/** This release's, each after those it needs. A change of a source needs a new version. */
const descriptions: readonly Written[] = [
  { projection: 'graph-history', version: 1, files: ['graph-history.js'], writes: ['history-'], needs: [] },
  {
    projection: 'graph-progress',
    version: 4,
    files: [
      'graph-progress.js',
      'graph-progress-submission.js',
      'graph-progress-growth.js',
      'graph-progress-spread.js',
      'graph-progress-shapes.js',
    ],
    writes: ['changes-v4'],
    needs: [],
  },
  { projection: 'job-counts', version: 4, files: ['job-counts.js'], writes: [], needs: ['graph-progress-v4'] },
  { projection: 'ready-jobs', version: 4, files: ['ready-jobs.js'], writes: ['ready4-'], needs: ['graph-progress-v4'] },
];

/** A projection ready to be put on a server. */
export interface ProjectionSource extends Description, ServerProjection {
  readonly source: string;
  readonly sha256: string;
}

const placeholder = "var namespace = 'overseer';";

/** This release's projections for a namespace, in the order in which they go on a server. */
export function projectionSources(namespace: string): readonly ProjectionSource[] {
  // Not before it is needed: in a bundle for CommonJS, a file does not know where it is.
  const folder = new URL('../../../../projections/', import.meta.url);
  return descriptions.map(({ files, ...description }) => {
    const { projection, version } = description;
    const text = files.map((file) => readFileSync(new URL(file, folder), 'utf8')).join('\n');
    const [before, after, ...more] = text.split(placeholder);
    if (after === undefined || more.length > 0) throw new Error(`${projection} has no single place for the namespace`);
    const source = `${before}var namespace = '${namespace}';${after}`;
    const writes = description.writes.map((stream) => `${namespace}.${stream}`);
    const name = `${namespace}-${projection}-v${version}`;
    return { ...description, writes, name, source, sha256: sha256Of(source) };
  });
}

export function sha256Of(source: string): string {
  return createHash('sha256').update(source).digest('hex');
}
