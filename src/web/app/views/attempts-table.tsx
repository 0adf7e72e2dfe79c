import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { failureInShort } from '../../../domain/status-phrases.js';
import { cleanText } from '../../../prelude/clean-text.js';
import { clockTime, duration } from '../../../prelude/phrases.js';
import { type Attempt, attemptsOf } from '../model/attempts.js';
import type { GraphModel } from '../model/graph-model.js';
import type { GraphSession } from '../state/graph-session.js';

interface AttemptsProps {
  readonly session: GraphSession;
  readonly model: GraphModel;
  readonly jobId: string;
}

/** The attempts of a job, up to the moment that is shown. */
export function AttemptsTable({ session, model, jobId }: AttemptsProps): JSX.Element | null {
  const number = session.number.value;
  const attempts = useMemo(() => {
    const numbers = model.eventsOf(jobId).filter((each) => each <= number);
    return attemptsOf(numbers.map((each) => [each, model.event(each)] as const));
  }, [model, number, session.length.value, jobId]);
  if (attempts.length === 0) return null;
  const now = model.times[number - 1]!;
  return (
    <table class="attempts">
      <caption>Attempts</caption>
      <thead>
        <tr>
          <th>#</th>
          <th>Started</th>
          <th>Took</th>
          <th>Worker</th>
          <th>Outcome</th>
        </tr>
      </thead>
      <tbody>
        {attempts.map((attempt) => (
          <AttemptRow key={attempt.startNumber} attempt={attempt} now={now} session={session} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  readonly attempt: Attempt;
  readonly now: number;
  readonly session: GraphSession;
}

function AttemptRow({ attempt, now, session }: RowProps): JSX.Element {
  const { worker, startedAt, endedAt, heartbeats, progress } = attempt;
  const until = endedAt === null ? now : Date.parse(endedAt);
  const beats = heartbeats === 0 ? '' : `, ${heartbeats} heartbeats`;
  const done = progress === null ? '' : `, ${Math.round(progress * 100)} %`;
  return (
    <tr>
      <td>{attempt.attempt}</td>
      <td>
        <button type="button" class="link" title="Go to its start" onClick={() => session.moveTo(attempt.startNumber)}>
          {clockTime(startedAt, 'milliseconds')}
        </button>
      </td>
      <td>{duration(Math.max(0, until - Date.parse(startedAt)))}</td>
      <td title={cleanText(`process ${worker.pid} on ${worker.host}`)}>{cleanText(worker.id)}</td>
      <td>
        {attempt.endNumber === null ? (
          `runs${beats}${done}`
        ) : (
          <button type="button" class="link" title="Go to its end" onClick={() => session.moveTo(attempt.endNumber!)}>
            {attempt.ending}
            {attempt.failure === null ? '' : `: ${failureInShort(attempt.failure)}`}
          </button>
        )}
        {attempt.endNumber !== null && (beats !== '' || done !== '') && (
          <span class="dim">{`${beats}${done}`.slice(1)}</span>
        )}
      </td>
    </tr>
  );
}
