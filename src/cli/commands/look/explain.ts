import { explainGraph, explainJob } from '../../../history/explain/explain.js';
import { graphLines, jobLines } from '../../../history/explain/explanation-lines.js';
import type { ExplanationLine } from '../../../history/explain/speech.js';
import type { Invocation } from '../../call/invocation.js';
import { readWholeNumber } from '../../input/flag-values.js';
import { asOfGraph, momentInWords } from '../../input/moment.js';
import { resolveReference } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import { rowLines } from '../../output/table.js';
import type { CommandToType } from '../../output/width.js';

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
      limit,
    });
    if (at.asOf !== undefined) terminal.say(terminal.paint.dim(`as of ${momentInWords(at.asOf, options.at)}`));
    if (jobId === null) {
      const { now, ...explanation } = await explainGraph(store, graphId, at);
      terminal.document({ ...explanation, ...at });
      terminal.saySentences(...aligned(graphLines(explanation, speechAt(now)), terminal.columns));
    } else {
      const { now, ...explanation } = await explainJob(store, graphId, jobId, at);
      terminal.document({ ...explanation, ...at });
      terminal.saySentences(...aligned(jobLines(explanation, speechAt(now)), terminal.columns));
    }
  });
}

/** With rows in columns. @param columns how many there are room for; null if that does not matter */
export function aligned(lines: readonly ExplanationLine[], columns: number | null): (string | CommandToType)[] {
  return lines.flatMap((line) => {
    if (typeof line === 'string' || 'lead' in line) return [line];
    const { rows, ...fit } = line;
    return rowLines(rows, { columns, ...fit });
  });
}
