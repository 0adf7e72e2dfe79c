import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { eventTypes, type RecordedEvent } from '../../../domain/events.js';
import { eventText } from '../../../domain/event-phrases.js';
import { cleanText } from '../../../prelude/clean-text.js';
import { clockTime, thousands } from '../../../prelude/phrases.js';
import { filteredNumbers } from '../model/event-filter.js';
import type { GraphModel } from '../model/graph-model.js';
import { countUpTo } from '../model/rising.js';
import type { GraphSession } from '../state/graph-session.js';
import { change, place } from '../state/place.js';
import { VirtualList } from './virtual-list.js';

const rowHeight = 24;

interface EventsProps {
  readonly session: GraphSession;
  readonly model: GraphModel;
}

/** All events of the graph; a click moves the page to the moment after one. */
export function EventsView({ session, model }: EventsProps): JSX.Element {
  const { type = '', actor = '', own = '' } = place.value.params;
  const length = session.length.value;
  const chosen = session.jobId.value ?? '';
  const jobId = own === '' ? '' : chosen;
  const numbers = useMemo(
    () => filteredNumbers(model.events, { type, jobId, actor }),
    [model, length, type, jobId, actor],
  );
  const count = numbers?.length ?? length;
  const number = session.number.value;
  const current = (numbers === null ? number : countUpTo(numbers, number)) - 1;
  return (
    <section class="events" aria-label="Events">
      <EventFilters count={count} of={length} chosen={chosen} />
      <VirtualList
        label="Events"
        count={count}
        rowHeight={rowHeight}
        current={current}
        row={(index) => {
          const each = numbers === null ? index + 1 : numbers[index]!;
          const event = model.event(each);
          return <EventRow event={event} number={each} isAhead={each > number} session={session} />;
        }}
      />
    </section>
  );
}

interface FiltersProps {
  readonly count: number;
  readonly of: number;
  readonly chosen: string;
}

function EventFilters({ count, of, chosen }: FiltersProps): JSX.Element {
  const { type = '', actor = '', own = '' } = place.value.params;
  const [typed, setTyped] = useState(actor);
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <h2>Events</h2>
      <select
        aria-label="Type of event"
        value={type}
        onChange={(event) => change({ type: event.currentTarget.value || null })}
      >
        <option value="">all types</option>
        {eventTypes.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
      <input
        type="search"
        aria-label="Written by"
        placeholder="by worker"
        value={typed}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          change({ actor: event.currentTarget.value || null });
        }}
      />
      {chosen !== '' && (
        <label>
          <input
            type="checkbox"
            checked={own !== ''}
            onChange={(event) => change({ own: event.currentTarget.checked ? '1' : null })}
          />{' '}
          this job
        </label>
      )}
      <span class="dim">{count === of ? thousands(of) : `${thousands(count)} of ${thousands(of)}`}</span>
    </form>
  );
}

interface RowProps {
  readonly event: RecordedEvent;
  readonly number: number;
  readonly isAhead: boolean;
  readonly session: GraphSession;
}

function EventRow({ event, number, isAhead, session }: RowProps): JSX.Element {
  // From one moment to the next, hardly a row changes.
  return useMemo(() => rowOf({ event, number, isAhead, session }), [event, number, isAhead, session]);
}

function rowOf({ event, number, isAhead, session }: RowProps): JSX.Element {
  const type = event.type === 'Unreadable' ? `${event.data.storedType} (unreadable)` : event.type;
  const text = eventText(event);
  return (
    <button
      type="button"
      class={`event ${event.type}${isAhead ? ' ahead' : ''}`}
      title={cleanText(`${type} ${event.jobId ?? ''} by ${event.actor}`) + (text === '' ? '' : `: ${text}`)}
      onClick={() => session.moveTo(number)}
      onDblClick={() => event.jobId !== null && session.choose(event.jobId)}
    >
      <span class="number">{number}</span>
      <span class="time">{clockTime(event.recordedAt, 'milliseconds')}</span>
      <span class="type">{cleanText(type)}</span>
      <span class="job">{cleanText(event.jobId ?? '')}</span>
      <span class="text">{text}</span>
    </button>
  );
}
