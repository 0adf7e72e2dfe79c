/** Graphs to be drawn, made of events as a log holds them. */
import type { DomainEvent, JobDefinition } from '../../../src/domain/events.js';
import { GraphModel } from '../../../src/web/app/model/graph-model.js';
import { Recorder } from '../../support/given.js';

/** An event of a job, by the job's id; or of the graph, by null. */
export type Happening = readonly [jobId: string | null, event: DomainEvent];

export function modelOf(jobs: readonly JobDefinition[], happenings: readonly Happening[] = []): GraphModel {
  const recorder = new Recorder();
  const data = { part: 1, parts: 1, jobs, args: {}, labels: {}, priority: 0 };
  const events = [
    recorder.record({ graphId: 'drawn', jobId: null }, { type: 'GraphSubmitted', data }),
    ...happenings.map(([jobId, event]) => recorder.record({ graphId: 'drawn', jobId }, event)),
  ];
  return new GraphModel('drawn', events, []);
}

export function job(id: string, parents: readonly string[] = [], type = 'task'): JobDefinition {
  return { id, type, parents };
}

/** Layers of so many jobs, each of which depends on two of the layer before. */
export function layered(layers: number, each: number, typeOf: (layer: number, n: number) => string): JobDefinition[] {
  const all: JobDefinition[] = [];
  for (let layer = 0; layer < layers; layer++) {
    for (let n = 0; n < each; n++) {
      const parents = layer === 0 ? [] : [...new Set([n, (n * 7 + 3) % each])].map((at) => `job ${layer - 1} ${at}`);
      all.push(job(`job ${layer} ${n}`, parents, typeOf(layer, n)));
    }
  }
  return all;
}
