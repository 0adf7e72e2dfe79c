import { explainGraph, explainJob } from '../../../history/explain/explain.js';
import { graphLines, jobLines } from './explain-lines.js';
import type { Invocation } from '../../call/invocation.js';
import { readWholeNumber } from '../../input/flag-values.js';
import { asOfGraph, momentInWords } from '../../input/moment.js';
import { resolveReference } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';

export interface ExplainOptions extends CommonOptions {
  readonly at?: string;
  readonly limit?: string;
}

/** How much of a kind is named, unless `--limit` says otherwise. */
const namedMost = 10;

export async function explainCommand(invocation: Invocation<ExplainOptions>, text: string): Promise<void> {
  const { terminal, options } = invocation;
  const limit = readWholeNumber('--limit', options.limit, 1) ?? namedMost;
  await invocation.withStore(async (store) => {
    const { graphId, jobId } = await resolveReference(store, text);
    const at = await asOfGraph(store, graphId, options.at);
    const speechAt = (now: number) => ({
      paint: terminal.paint,
      now,
      hint: (...words: string[]) => invocation.hint(...words),
      columns: terminal.columns,
      limit,
    });
    if (at.asOf !== undefined) terminal.say(terminal.paint.dim(`as of ${momentInWords(at.asOf, options.at)}`));
    if (jobId === null) {
      const { now, ...explanation } = await explainGraph(store, graphId, at);
      terminal.document({ ...explanation, ...at });
      terminal.saySentences(...graphLines(explanation, speechAt(now)));
    } else {
      const { now, ...explanation } = await explainJob(store, graphId, jobId, at);
      terminal.document({ ...explanation, ...at });
      terminal.saySentences(...jobLines(explanation, speechAt(now)));
    }
  });
}
