import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { eventTypes, type RecordedEvent } from '../../../domain/events.js';
import { eventText } from '../../../domain/event-phrases.js';
import { cleanText } from '../../../prelude/clean-text.js';
import { localTime } from '../../../prelude/phrases.js';
import { logPage } from '../source/questions.js';
import type { Source } from '../source/source.js';
import { change, fragmentOf, place } from '../state/place.js';
import { useAnswer } from './answers.js';
import { Problem } from './problem.js';

/** The whole log, page by page, from its end. */
export function LogPage({ source }: { readonly source: Source }): JSX.Element {
  const { after = null, before = null, type = null, graph = null } = place.value.params;
  useEffect(() => {
    document.title = 'Log · Overseer';
  }, []);
  const isEnd = after === null && before === null;
  const query = { after, before, type, graph };
  const { answer, problem } = useAnswer(source, () => logPage(query), JSON.stringify(query), isEnd);
  return (
    <main class="log-page">
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <h1>Log</h1>
        <select
          aria-label="Type of event"
          value={type ?? ''}
          onChange={(event) => change({ type: event.currentTarget.value || null, after: null, before: null })}
        >
          <option value="">all types</option>
          {eventTypes.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
        <label>
          Graph{' '}
          <input
            type="text"
            defaultValue={graph ?? ''}
            onChange={(event) => change({ graph: event.currentTarget.value || null, after: null, before: null })}
          />
        </label>
        <span class="gap" />
        <Turning answer={answer} isEnd={isEnd} />
      </form>
      {problem !== null && <Problem error={problem} />}
      {answer !== null && <Rows events={answer.events} />}
    </main>
  );
}

interface TurningProps {
  readonly answer: { readonly next: string | null; readonly previous: string | null } | null;
  readonly isEnd: boolean;
}

function Turning({ answer, isEnd }: TurningProps): JSX.Element {
  const to = (after: string | null, before: string | null) => change({ after, before });
  return (
    <>
      <button type="button" disabled={answer?.previous == null} onClick={() => to(null, answer!.previous)}>
        Earlier
      </button>
      <button type="button" disabled={answer?.next == null} onClick={() => to(answer!.next, null)}>
        Later
      </button>
      <button type="button" aria-pressed={isEnd} onClick={() => to(null, null)}>
        Latest
      </button>
    </>
  );
}

function Rows({ events }: { readonly events: readonly RecordedEvent[] }): JSX.Element {
  if (events.length === 0) return <p class="none">No event is like that.</p>;
  return (
    <table class="changes log">
      <thead>
        <tr>
          <th>Position</th>
          <th>Recorded</th>
          <th>Type</th>
          <th>Graph</th>
          <th>Job</th>
          <th>What</th>
          <th>
            <span class="unseen">Proof</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {events.toReversed().map((event) => (
          <Row key={event.id} event={event} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ event }: { readonly event: RecordedEvent }): JSX.Element {
  const { position, recordedAt, graphId, jobId } = event;
  const type = event.type === 'Unreadable' ? `${event.data.storedType} (unreadable)` : event.type;
  return (
    <tr class={`event ${event.type}`}>
      <td class="number">@{position}</td>
      <td class="time">{localTime(recordedAt, 'milliseconds')}</td>
      <td class="type">{cleanText(type)}</td>
      <td>{graphId === '' ? 'all graphs' : <a href={fragmentOf(['graph', graphId])}>{cleanText(graphId)}</a>}</td>
      <td>{jobId !== null && <a href={fragmentOf(['graph', graphId], { job: jobId })}>{cleanText(jobId)}</a>}</td>
      <td>{eventText(event)}</td>
      <td>
        <a href={fragmentOf(['audit'], { event: event.id })}>proof</a>
      </td>
    </tr>
  );
}
