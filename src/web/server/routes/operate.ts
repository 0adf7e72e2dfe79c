import { kindOf } from '../../../domain/graph-rules.js';
import { limits } from '../../../domain/limits.js';
import type { ForkRequest } from '../../../history/fork/fork.js';
import { JsonRecord, JsonValue, orNull, record, type RecordCodec, SafeInt, withOneOf } from '../../../prelude/codec.js';
import { defined } from '../../../prelude/defined.js';
import { E } from '../../../prelude/fp.js';
import * as t from '../../../prelude/io.js';
import { isPlainObject } from '../../../prelude/json.js';
import { readJsonText } from '../../../prelude/json-text.js';
import type { Reason } from '../../../store/reason.js';
import { jsonAnswer, WebError } from '../answers.js';
import type { Operations } from '../operations.js';
import { Flag, invalid, none, oneOf, PositionParameter, readBody, several, textUpTo } from '../parameters.js';
import { type Call, type Route, route } from '../route.js';

const bodyBytesMax = 16 * 1024;
/** Args may be large, and so may the list of jobs to run again. */
const forkBytesMax = 1024 * 1024;
/** A result, written with as many escapes as one likes. */
const answerBytesMax = 4 * limits.resultBytesMax;
const jobsMax = 10_000;

const reason = { reason: textUpTo(limits.messageCharactersMax, 1) };
const ReasonBody = record('body', reason);
const PauseBody = record('body', {
  ...reason,
  action: oneOf(['pause', 'resume']),
  type: orNull(textUpTo(limits.jobTypeBytesMax, 1)),
});

const AnswerBody = withOneOf(
  record('body', reason, { result: JsonValue, fail: textUpTo(limits.messageCharactersMax, 1) }),
  'result',
  'fail',
);

const jobId = textUpTo(limits.jobIdBytesMax, 1);
const ForkBody = record('body', reason, {
  from: several(jobId, jobsMax),
  keep: several(jobId, jobsMax),
  args: JsonRecord,
  failed: t.boolean,
  id: textUpTo(limits.graphIdBytesMax, 1),
  labels: t.record(t.string, t.string, 'labels'),
  priority: SafeInt,
  asOf: PositionParameter,
});
const PreviewParameters = record(
  'parameters',
  {},
  {
    from: several(jobId, 200),
    keep: several(jobId, 200),
    args: textUpTo(4000, 2),
    failed: Flag,
    asOf: PositionParameter,
  },
);

/**
 * What changes something. Each takes a reason. Bodies and answers are JSON: `{ reason }`, and `{}` unless said otherwise.
 *
 * - `api/graphs/ID/retry` answers `{ jobs }`, which run again; `abort`, `resume`; `pause` answers `{ changed }`.
 * - `api/graphs/ID/jobs/JOB/retry` and `abort`; `answer` takes `{ reason, result }`, or `{ reason, fail }` with a text.
 * - `api/graphs/ID/fork` takes what `forkGraph` does besides; both it and `fork-preview` answer as that does. In a preview, `args`
 *   is JSON in a text.
 * - `api/pauses` takes `{ reason, action, type }` with the action `pause` or `resume`, and a type of job or, for all work, null.
 *   It answers `{ changed }`.
 */
export function operatingRoutes(operations: Operations | null): readonly Route[] {
  return [
    onGraph('retry', operations, async (on, id, why) => ({ jobs: await on.retryGraph(id, why) })),
    onGraph('abort', operations, async (on, id, why) => await on.abortGraph(id, why)),
    onGraph('pause', operations, async (on, graphId, why) => ({ changed: await on.pause({ graphId }, why) })),
    onGraph('resume', operations, async (on, graphId, why) => await on.resume({ graphId }, why)),
    onJob('retry', operations, async (on, graphId, id, why) => await on.retryJob(graphId, id, why)),
    onJob('abort', operations, async (on, graphId, id, why) => await on.abortJob(graphId, id, why)),
    operation('POST', 'api/graphs/ID/jobs/JOB/answer', none, operations, async (on, { request, ids }) => {
      const { reason, ...answer } = await readBody(AnswerBody, request, answerBytesMax);
      await on.answerJob(ids[0]!, ids[1]!, answer, on.why(request, reason));
    }),
    operation('POST', 'api/pauses', none, operations, async (on, { request }) => {
      const { reason, action, type } = await readBody(PauseBody, request, bodyBytesMax);
      const why = on.why(request, reason);
      const target = type === null ? 'namespace' : { type };
      if (action === 'pause') return { changed: await on.pause(target, why) };
      await on.resume(target, why);
      return { changed: true };
    }),
    operation('POST', 'api/graphs/ID/fork', none, operations, async (on, { request, ids: [id] }) => {
      const { reason, ...fork } = await readBody(ForkBody, request, forkBytesMax);
      return await on.fork(id!, defined(fork), on.why(request, reason));
    }),
    operation('GET', 'api/graphs/ID/fork-preview', PreviewParameters, operations, async (on, { ids, parameters }) => {
      const { args: text, ...rest } = parameters;
      const request: ForkRequest = defined({ ...rest, args: text === undefined ? undefined : readArgs(text) });
      return await on.previewFork(ids[0]!, request);
    }),
  ];
}

type Work<Parameters> = (operations: Operations, call: Call<Parameters>) => Promise<unknown>;

/** @param operations null if it only looks */
function operation<Parameters>(
  method: 'GET' | 'POST',
  path: string,
  codec: RecordCodec<Parameters>,
  operations: Operations | null,
  work: Work<Parameters>,
): Route {
  return route(method, path, codec, async (call) => {
    if (operations === null) {
      throw new WebError('operations-off', 'this server only looks; start it with --operate to let it change things');
    }
    return jsonAnswer((await work(operations, call)) ?? {});
  });
}

function onGraph(
  name: string,
  operations: Operations | null,
  work: (on: Operations, graphId: string, why: Reason) => Promise<unknown>,
): Route {
  return operation('POST', `api/graphs/ID/${name}`, none, operations, async (on, { request, ids: [graphId] }) => {
    const { reason } = await readBody(ReasonBody, request, bodyBytesMax);
    return await work(on, graphId!, on.why(request, reason));
  });
}

function onJob(
  name: string,
  operations: Operations | null,
  work: (on: Operations, graphId: string, jobId: string, why: Reason) => Promise<unknown>,
): Route {
  return operation('POST', `api/graphs/ID/jobs/JOB/${name}`, none, operations, async (on, { request, ids }) => {
    const { reason } = await readBody(ReasonBody, request, bodyBytesMax);
    return await work(on, ids[0]!, ids[1]!, on.why(request, reason));
  });
}

function readArgs(text: string): Record<string, unknown> {
  const read = readJsonText(text);
  if (E.isLeft(read))
    throw invalid(`parameter args is not JSON: at character ${read.left.offset + 1}, ${read.left.reason}`);
  if (isPlainObject(read.right)) return read.right;
  throw invalid(`parameter args: expected an object in JSON, got ${kindOf(read.right)}`);
}
