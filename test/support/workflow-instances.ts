/** Recorded runs of production workflows (WfFormat 1.5), where the machine has them. They are not part of the product. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { jobGraph, type JobGraph } from '../../src/index.js';

const folder = join(import.meta.dirname, '../../../shared/data/wfinstances');

interface Recorded {
  readonly workflow: {
    readonly specification: {
      readonly tasks: readonly { readonly id: string; readonly name: string; readonly parents: readonly string[] }[];
    };
    readonly execution: { readonly tasks: readonly { readonly id: string; readonly runtimeInSeconds: number }[] };
  };
}

export interface WorkflowInstance {
  readonly name: string;
  /** One job per recorded task, all of type `task`, with the recorded `seconds` as args. */
  readonly graph: JobGraph;
}

/** Why there are none, or null if there are. */
export const whyNoInstances = existsSync(folder)
  ? null
  : 'the workflow instances are not here (../shared/data/wfinstances)';

export function workflowInstances(): readonly WorkflowInstance[] {
  if (whyNoInstances !== null) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => read(join(folder, file)));
}

function read(path: string): WorkflowInstance {
  const { workflow } = JSON.parse(readFileSync(path, 'utf8')) as Recorded;
  const name = basename(path, '.json');
  const seconds = new Map(workflow.execution.tasks.map((task) => [task.id, task.runtimeInSeconds]));
  const jobs = workflow.specification.tasks.map((task) => [
    task.id,
    { type: 'task', after: task.parents, args: { seconds: seconds.get(task.id) ?? 0 } },
  ]);
  return {
    name,
    graph: jobGraph({ jobs: Object.fromEntries(jobs) as never }, {}, { id: name, labels: { workflow: name } }),
  };
}
