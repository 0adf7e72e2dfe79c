import { explainGraph, explainJob } from '../../history/explain.js';
import { graphLines, jobLines } from '../explain-lines.js';
import type { Invocation } from '../invocation.js';
import { resolveReference } from '../reference.js';
import { workersSeenLately } from '../worker-trace.js';
import { jobIn, loadGraph } from '../../store/load-graph.js';

export async function explainCommand(invocation: Invocation, text: string): Promise<void> {
  const { terminal } = invocation;
  await invocation.withStore(async (store) => {
    const { graphId, jobId } = await resolveReference(store, text);
    const graph = await loadGraph(store, graphId);
    const job = jobId === null ? null : jobIn(graph, jobId);
    const context = { now: store.environment.now(), workersSeen: await workersSeenLately(store) };
    const speech = { paint: terminal.paint, now: context.now, hint: (...words: string[]) => invocation.hint(...words) };
    if (job === null) {
      const explanation = explainGraph(graph, context);
      terminal.document(explanation);
      terminal.say(...graphLines(explanation, speech));
    } else {
      const explanation = explainJob(job, context);
      terminal.document(explanation);
      terminal.say(...jobLines(explanation, speech));
    }
  });
}
