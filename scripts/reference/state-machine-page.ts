import type { JobEvent } from '../../src/domain/events.js';
import { decideJob, type JobCommand, type JobSubject } from '../../src/domain/job-decisions.js';
import {
  evolveJob,
  initialJob,
  type JobState,
  type JobStatus,
  jobStatuses,
  whyImpossible,
} from '../../src/domain/job.js';
import { code, note, table } from './markdown.js';

const worker = { id: 'w', host: 'h', pid: 1 };
const failure = { reason: 'system/exception', exception: 'Error', message: null };
const earlier = '2020-01-01T00:00:00.000Z';

/** One event of each kind that can lead elsewhere, said of attempt 1. */
const sampleEvents: readonly (readonly [name: string, event: JobEvent])[] = [
  ['JobStarted', { type: 'JobStarted', data: { attempt: 1, worker, leaseMs: 1 } }],
  ['Heartbeat', { type: 'Heartbeat', data: { attempt: 1 } }],
  ['JobFinished', { type: 'JobFinished', data: { attempt: 1, result: null } }],
  [
    'JobFaulted, to be tried again',
    {
      type: 'JobFaulted',
      data: { attempt: 1, cause: 'fault', failure, next: { kind: 'retry', notBefore: earlier } },
    },
  ],
  [
    'JobFaulted, for good',
    { type: 'JobFaulted', data: { attempt: 1, cause: 'fault', failure, next: { kind: 'failed' } } },
  ],
  ['JobAborted', { type: 'JobAborted', data: { by: 'o', message: '', silent: false } }],
  ['JobSkipped', { type: 'JobSkipped', data: { attempt: 1, reason: '' } }],
  ['JobDeferred', { type: 'JobDeferred', data: { attempt: 1, reason: '', delayMs: 1000 } }],
  ['JobAnswered, with a result', { type: 'JobAnswered', data: { by: 'o', reason: '', result: null } }],
  ['JobAnswered, with a failure', { type: 'JobAnswered', data: { by: 'o', reason: '', failure } }],
  ['JobReset', { type: 'JobReset', data: { by: 'o', reason: '' } }],
];

function stateIn(status: JobStatus, attempt = status === 'unstarted' ? 0 : 1): JobState {
  const abort = status === 'aborted' ? { by: 'o', message: '', silent: false } : null;
  return { ...initialJob, status, attempt, abort, worker: status === 'started' ? worker : null };
}

/** The status an event leads to, found by applying it; null if it cannot follow. */
function statusAfter(status: JobStatus, event: JobEvent): JobStatus | null {
  // Every attempt but the first comes after another: a start is said of the one that would be next.
  const state = stateIn(status, event.type === 'JobStarted' ? 0 : 1);
  const recorded = { id: 'e', revision: 1, recordedAt: earlier, ...event };
  return whyImpossible(state, recorded) === null ? evolveJob(state, recorded).status : null;
}

interface Situation {
  readonly name: string;
  readonly subject: JobSubject;
}

function situations(): readonly Situation[] {
  const subject = (status: JobStatus, more: Partial<JobSubject> = {}, state: Partial<JobState> = {}): JobSubject => ({
    graphId: 'g',
    definition: { id: 'j', type: 't', parents: [] },
    state: { ...stateIn(status), ...state },
    status,
    waitsFor: [],
    abortedThrough: null,
    isPaused: false,
    startsFrom: null,
    ...more,
  });
  return [
    { name: 'ready', subject: subject('unstarted') },
    { name: 'waiting or blocked', subject: subject('unstarted', { waitsFor: ['p'] }) },
    { name: 'ready, its graph paused', subject: subject('unstarted', { isPaused: true }) },
    { name: 'backing off', subject: subject('unstarted', {}, { delayMs: 1000 }) },
    {
      name: 'awaiting an answer',
      subject: subject('unstarted', { definition: { id: 'j', type: 't', parents: [], external: {} } }),
    },
    { name: 'put off', subject: subject('unstarted', {}, { delayMs: 1000, deferReason: '' }) },
    { name: 'started', subject: subject('started') },
    { name: 'started, a later attempt', subject: subject('started', {}, { attempt: 2 }) },
    { name: 'finished', subject: subject('finished') },
    { name: 'failed', subject: subject('failed') },
    { name: 'aborted', subject: subject('aborted') },
    { name: 'skipped', subject: subject('skipped') },
    { name: 'skipped because of others', subject: { ...subject('skipped'), state: stateIn('unstarted') } },
    {
      name: 'aborted through another',
      subject: { ...subject('aborted', { abortedThrough: { job: 'p' } }), state: stateIn('unstarted') },
    },
  ];
}

/** What is asked of a job, in the name of attempt 1 where it is an attempt that asks. */
const sampleCommands: readonly (readonly [name: string, command: JobCommand])[] = [
  ['start', { kind: 'start', worker, leaseMs: 1, hasWaited: false }],
  ['heartbeat', { kind: 'heartbeat', attempt: 1 }],
  ['finish', { kind: 'finish', attempt: 1, result: null }],
  ['fault', { kind: 'fault', attempt: 1, cause: 'fault', failure, errorNames: [], now: 0, random: 0 }],
  ['skip, by its handler', { kind: 'skip', attempt: 1, reason: '' }],
  ['defer, by its handler', { kind: 'defer', attempt: 1, reason: '', delayMs: 1000 }],
  ['answer, from outside', { kind: 'answer', by: 'o', reason: '', outcome: { kind: 'finished', result: null } }],
  ['abort, by its handler', { kind: 'abort', by: 'w', message: '', silent: false, attempt: 1 }],
  ['abort, by an operator', { kind: 'abort', by: 'o', message: '', silent: true }],
  ['retry', { kind: 'reset', by: 'o', reason: '' }],
];

export function stateMachinePage(): string {
  const inDiagram = sampleEvents.flatMap(([name, event]) =>
    jobStatuses.flatMap((status) => {
      const after = statusAfter(status, event);
      return after === null ? [] : [`  ${status} --> ${after}: ${name}`];
    }),
  );
  const transitionTable = table(
    ['event', ...jobStatuses],
    sampleEvents.map(([name, event]) => [
      name,
      ...jobStatuses.map((status) => {
        const after = statusAfter(status, event);
        return after === null ? '' : after;
      }),
    ]),
  );
  const asked = situations();
  const commandTable = table(
    ['the job is', ...sampleCommands.map(([name]) => name)],
    asked.map(({ name, subject }) => [
      name,
      ...sampleCommands.map(([, command]) => {
        const decision = decideJob(subject, command);
        if (decision._tag === 'Left') return code(decision.left.code);
        return decision.right.length === 0 ? 'nothing' : decision.right.map((event) => event.type).join(', ');
      }),
    ]),
  );
  return `# State machine of a job

${note}

A job's status follows from the events of its own stream, and from the aborts of the jobs above it and of its graph.

\`\`\`mermaid
stateDiagram-v2
  [*] --> unstarted
${inDiagram.join('\n')}
\`\`\`

## What an event leads to

Each row is an event, each column the status it meets, and the cell the status it leads to. An empty cell: the event
cannot follow. It is kept in the stream, changes nothing, and is reported as an anomaly by \`overseer verify\`. Nothing
that Overseer writes leads there; a bug or another program's hand would. Nor can JobStarted follow for a job that is answered
from outside, or JobAnswered for one that workers run.

${transitionTable}

An event that names an attempt has to name the right one: \`JobStarted\` the next, all others the current one.

## What may be asked

Each row is how a job stands, each column what somebody asks of it. The cell is what is appended, or the code of the
[error](errors.md) that says why not. Whoever runs a job asks in the name of the attempt it was given; here, attempt 1.

${commandTable}

## Jobs below

| what happens to a job | what it means for the jobs that depend on it, directly or through others |
| --- | --- |
| it is finished | those all of whose parents are finished by now are ready |
| it may be tried again | they go on waiting |
| it has failed | they stay unstarted, and are shown as \`blocked\` |
| it is aborted | those that have not ended are aborted, by this one event |
| it is reset | those that were blocked or aborted only because of it are open again |

A graph's abort means the same for all of its jobs. An ending that reaches the log after the abort of its graph comes too
late: it is kept in the history and changes no status.
`;
}
