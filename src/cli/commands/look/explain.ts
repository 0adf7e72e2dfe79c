import { explainGraph, explainJob } from '../../../history/explain/explain.js';
import { graphLines, jobLines } from './explain-lines.js';
import type { Invocation } from '../../call/invocation.js';
import { asOfGraph, momentInWords } from '../../input/moment.js';
import { resolveReference } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';

export interface ExplainOptions extends CommonOptions {
  readonly at?: string;
}

export async function explainCommand(invocation: Invocation<ExplainOptions>, text: string): Promise<void> {
  const { terminal, options } = invocation;
  await invocation.withStore(async (store) => {
    const { graphId, jobId } = await resolveReference(store, text);
    const at = await asOfGraph(store, graphId, options.at);
    const speechAt = (now: number) => ({
      paint: terminal.paint,
      now,
      hint: (...words: string[]) => invocation.hint(...words),
    });
    if (at.asOf !== undefined) terminal.say(terminal.paint.dim(`as of ${momentInWords(at.asOf, options.at)}`));
    if (jobId === null) {
      const { now, ...explanation } = await explainGraph(store, graphId, at);
      terminal.document({ ...explanation, ...at });
      terminal.say(...graphLines(explanation, speechAt(now)));
    } else {
      const { now, ...explanation } = await explainJob(store, graphId, jobId, at);
      terminal.document({ ...explanation, ...at });
      terminal.say(...jobLines(explanation, speechAt(now)));
    }
  });
}
