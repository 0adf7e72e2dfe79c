/* eslint-disable no-console */
import { jobGraph } from 'overseer';

const graph = jobGraph(
  {
    start: [],
    result1: ['start'],
    result2: ['start'],
    finish: ['result1', 'result2'],
  },
  { organisation: 123 },
);

for (const { id, parents, args } of Object.values(graph.jobs)) {
  console.log(id, 'after', parents, args);
}
