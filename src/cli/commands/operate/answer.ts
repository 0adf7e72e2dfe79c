import { graphInfo, jobInfo } from '../../../store/graph-info.js';
import { failJob, finishJob } from '../../../store/answer.js';
import { answeredBy } from '../../../domain/answer-phrases.js';
import { UsageError } from '../../failure.js';
import { readJson } from '../../input/flag-values.js';
import type { Invocation } from '../../call/invocation.js';
import { resolveReference } from '../../input/reference.js';
import { graphText } from './operate.js';
import { reasonFor, type ReasonOptions } from './reason-flags.js';

export interface AnswerOptions extends ReasonOptions {
  readonly result?: string;
  readonly fail?: string;
}

/** Answers a job that no worker runs. */
export async function answerCommand(invocation: Invocation<AnswerOptions>, text: string): Promise<void> {
  const { terminal, options } = invocation;
  const answer = answerAsked(options);
  await invocation.withStore(async (store) => {
    const { graphId, jobId } = await resolveReference(store, text);
    if (jobId === null) throw new UsageError('reference-invalid', `${text} names no job; give GRAPH/JOB`);
    const why = reasonFor(store, options);
    if ('fail' in answer) await failJob(store, graphId, jobId, answer.fail, why);
    else await finishJob(store, graphId, jobId, answer.result, why);
    const job = await jobInfo(store, graphId, jobId);
    const graph = await graphInfo(store, graphId);
    terminal.document({ graphId, jobId, job, status: graph.status, counts: graph.counts });
    const said = job.answer === null ? 'is answered, and was reset since' : `is ${job.status}: ${answeredBy(job)}`;
    terminal.say(`job ${jobId} ${said}`, graphText(graph, terminal.paint));
  });
}

/** Exactly one of the two flags. */
function answerAsked({ result, fail }: AnswerOptions): { readonly result: unknown } | { readonly fail: string } {
  if ((result === undefined) === (fail === undefined)) {
    const given = result === undefined ? 'no answer is given' : 'two answers are given';
    throw new UsageError('usage', `${given}; give either --result JSON or --fail TEXT`);
  }
  if (fail !== undefined) return { fail };
  return { result: readJson('--result', result!, `a text needs quotes, as in --result '"yes"'`) };
}
