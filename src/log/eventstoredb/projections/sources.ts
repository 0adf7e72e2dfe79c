import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerProjection } from '../../server-projections.js';

/** What is known of a projection besides its source. */
interface Description {
  readonly projection: string;
  readonly version: number;
  /** What the streams it writes begin with, behind `<namespace>.`. */
  readonly writes: readonly string[];
  /** Projections whose streams it reads, with their versions. */
  readonly needs: readonly string[];
}

/** This release's, each behind those it needs. Whoever changes a source gives it a new version. */
const descriptions: readonly Description[] = [
  { projection: 'graph-history', version: 1, writes: ['history-'], needs: [] },
  { projection: 'graph-progress', version: 3, writes: ['changes-v3'], needs: [] },
  { projection: 'job-counts', version: 3, writes: [], needs: ['graph-progress-v3'] },
  { projection: 'ready-jobs', version: 3, writes: ['ready3-'], needs: ['graph-progress-v3'] },
];

/** A projection as it is to be put on a server. */
export interface ProjectionSource extends Description, ServerProjection {
  readonly source: string;
  readonly sha256: string;
}

const files = new URL('../../../../projections/', import.meta.url);
const placeholder = "var namespace = 'overseer';";

/** This release's projections for a namespace, in the order in which they are to be put on a server. */
export function projectionSources(namespace: string): readonly ProjectionSource[] {
  return descriptions.map((description) => {
    const { projection, version } = description;
    const [before, after, ...more] = readFileSync(new URL(`${projection}.js`, files), 'utf8').split(placeholder);
    if (after === undefined || more.length > 0) throw new Error(`${projection}.js has no place for the namespace`);
    const source = `${before}var namespace = '${namespace}';${after}`;
    const writes = description.writes.map((stream) => `${namespace}.${stream}`);
    return { ...description, writes, name: nameOf(namespace, projection, version), source, sha256: sha256Of(source) };
  });
}

function nameOf(namespace: string, projection: string, version: number): string {
  return `${namespace}-${projection}-v${version}`;
}

export function sha256Of(source: string): string {
  return createHash('sha256').update(source).digest('hex');
}
