import { bisect, bisectLog } from '../../../history/bisect/bisect.js';
import type { Bisection, Where } from '../../../history/bisect/question.js';
import { wordsFor } from '../../../prelude/errors.js';
import { eventLine } from '../../output/event-line.js';
import { type ExitCode, exitCodes, UsageError } from '../../failure.js';
import type { Invocation } from '../../call/invocation.js';
import { asOfGraph, asOfLog } from '../../input/moment.js';
import { resolveGraph } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import type { Store } from '../../../store/store.js';
import { thrownAt } from '../../output/thrown-at.js';
import { loadSourceFile, misnamed } from '../../input/source-file.js';
import { plural } from '../../../prelude/phrases.js';

export interface BisectOptions extends CommonOptions {
  readonly where?: string;
  readonly module?: string;
  readonly at?: string;
}

interface Question {
  readonly where: Where<object>;
  readonly isMonotonic?: boolean;
}

/** `log` means the whole log. Exits with 1 if the condition never held. */
export async function bisectCommand(invocation: Invocation<BisectOptions>, text: string): Promise<ExitCode> {
  const { options, terminal } = invocation;
  const question = await readQuestion(options);
  return await invocation.withStore(async (store) => {
    const { place, found } = await answer(store, text, question, options.at);
    terminal.document(found);
    sayAnswer(found, place, invocation);
    return found.event === null ? exitCodes.failed : exitCodes.good;
  });
}

async function answer(store: Store, text: string, question: Question, at: string | undefined) {
  if (text === 'log') {
    return { place: 'log', found: await bisectLog(store, { ...question, ...(await asOfLog(store, at)) }) };
  }
  const graphId = await resolveGraph(store, text, { advice: 'give its graph, and ask about jobs in --where' });
  return {
    place: graphId,
    found: await bisect(store, graphId, { ...question, ...(await asOfGraph(store, graphId, at)) }),
  };
}

/** @throws UsageError `usage`, `module-invalid`, or what else is wrong with the file */
async function readQuestion({ where, module: file }: BisectOptions): Promise<Question> {
  if ((where === undefined) === (file === undefined)) {
    throw new UsageError('usage', `give one condition: --where 'EXPRESSION' or --module FILE`);
  }
  if (where !== undefined) return { where };
  const { held: exports } = await loadSourceFile(file!);
  const asked = exports['where'] ?? exports['default'];
  if (typeof asked !== 'function') {
    throw new UsageError(
      'module-invalid',
      `${file} exports no function \`where\`, by that name or by default${misnamed(exports, 'where')}`,
    );
  }
  const ask = (state: object): unknown => {
    try {
      return (asked as (state: object) => unknown)(state);
    } catch (error) {
      const sentence = `\`where\` of ${file} threw: ${wordsFor(error)}${thrownAt(error)}`;
      throw new UsageError('file-throws', sentence, { cause: error });
    }
  };
  return { where: ask, isMonotonic: exports['isMonotonic'] === true };
}

function sayAnswer({ event, number, events, method, looks }: Bisection, place: string, invocation: Invocation): void {
  const { terminal } = invocation;
  const { paint, columns } = terminal;
  const search = `${method} search, ${plural(looks, 'state')} of ${plural(events, 'event')} looked at`;
  if (event === null) return terminal.saySentences(`it never held in ${plural(events, 'event')} (${search})`);
  const where = event.jobId === null ? event.graphId : `${event.graphId}/${event.jobId}`;
  const next =
    place === 'log'
      ? invocation.hint('log', '--from', `@${event.position}`, '--limit', '10')
      : invocation.hint('show', place, '--at', `#${number}`);
  terminal.saySentences(`it holds for the first time after event #${number}:`);
  terminal.sayCut(eventLine(event, { place: where, paint, columns }));
  terminal.saySentences(paint.dim(`(${search})`), { lead: 'to see it:', command: next });
}
