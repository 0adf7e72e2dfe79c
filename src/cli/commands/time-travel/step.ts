import { graphHistory } from '../../../history/moments/read-history.js';
import { UsageError } from '../../failure.js';
import type { Invocation } from '../../call/invocation.js';
import { asOfGraph } from '../../input/moment.js';
import { resolveReference } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import { Stepper } from './stepper.js';
import { linesOf, stepByKeys } from './stepper-input.js';

export interface StepOptions extends CommonOptions {
  readonly at?: string;
}

/** At a terminal, single keys step; otherwise each line of stdin is a command, so that a session can be scripted. */
export async function stepCommand(invocation: Invocation<StepOptions>, text: string): Promise<void> {
  const { terminal, options } = invocation;
  const stepper = await invocation.withStore(async (store) => {
    const { graphId, jobId } = await resolveReference(store, text);
    const history = await graphHistory(store, graphId);
    const { asOf } = await asOfGraph(store, graphId, options.at);
    const stepping = new Stepper(history, terminal, asOf === undefined ? history.existsFrom : history.numberAt(asOf));
    if (jobId !== null) stepping.watch(jobId);
    return stepping;
  });
  if (terminal.isJson)
    throw new UsageError('usage', 'step is for people; `history --json` gives the events to programs');
  if (terminal.isDrawable && process.stdin.isTTY) return await stepByKeys(stepper, terminal);
  terminal.sayCut(...stepper.lines());
  for await (const line of linesOf(process.stdin)) {
    const answer = stepper.command(line);
    if (answer === 'quit') return;
    terminal.sayCut('', ...answer);
  }
}
