import { countUpTo } from '../model/rising.js';
import type { GraphSession } from './graph-session.js';
import { change } from './place.js';

/** A key, as `event.key` names it, and what it does where a graph is shown. */
interface Key {
  readonly key: string;
  readonly withShift?: boolean;
  readonly shown: string;
  readonly does: string;
  act(session: GraphSession): void;
}

const named = (key: string, shown: string, does: string, act: Key['act'], withShift = false): Key => ({
  key,
  shown,
  does,
  act,
  withShift,
});

/** What the keys do. The rest, such as how to walk through the graph, is said where it works. */
export const keys: readonly Key[] = [
  named('ArrowLeft', '←', 'one event back', (session) => session.moveTo(session.number.value - 1)),
  named('ArrowRight', '→', 'one event on', (session) => session.moveTo(session.number.value + 1)),
  named('ArrowLeft', 'Shift ←', 'the event before, of this job', (session) => toOwnEvent(session, -1), true),
  named('ArrowRight', 'Shift →', 'the next event of this job', (session) => toOwnEvent(session, 1), true),
  named('[', '[', 'the fault, abort or reset before', (session) => toMark(session, -1)),
  named(']', ']', 'the next fault, abort or reset', (session) => toMark(session, 1)),
  named('Home', 'Home', 'to the beginning', (session) => session.moveTo(0)),
  named('End', 'End', 'to the last event', (session) => session.moveTo(Infinity)),
  named('l', 'L', 'show the latest, and go on with it', (session) => session.moveToEnd()),
  named(' ', 'Space', 'play, or stop', (session) => session.player.toggle()),
  named('a', 'A', 'pin this moment as A', (session) => change({ a: String(session.number.value) })),
  named('b', 'B', 'pin this moment as B', (session) => change({ b: String(session.number.value) })),
  named('g', 'G', 'show the graph', () => change({ view: null })),
  named('t', 'T', 'show the timeline', () => change({ view: 'timeline' })),
  named('c', 'C', 'compare the pinned moments', () => change({ view: 'compare' })),
  named('f', 'F', 'find the moment', () => change({ view: 'find' })),
  named('/', '/', 'search', () => document.querySelector<HTMLElement>('[data-search]')?.focus()),
  named('Escape', 'Esc', 'choose no job', (session) => session.choose(null)),
];

/** Does what a key does; whether it was one. Keys that are typed into a field, or mean something there, are left alone. */
export function pressed(event: KeyboardEvent, session: GraphSession): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  if (
    event.target instanceof HTMLElement &&
    event.target.closest('input, select, textarea, dialog, [role=application]')
  )
    return false;
  // A button is pressed with it.
  if (event.key === ' ' && event.target instanceof HTMLButtonElement) return false;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const found = keys.find(
    (each) => each.key === key && (key.length === 1 || (each.withShift ?? false) === event.shiftKey),
  );
  if (found === undefined) return false;
  event.preventDefault();
  if (found.key !== ' ') session.player.stop();
  found.act(session);
  return true;
}

function toOwnEvent(session: GraphSession, direction: 1 | -1): void {
  const jobId = session.jobId.value;
  if (jobId !== null) toOneOf(session, session.model.value?.eventsOf(jobId) ?? [], direction);
}

function toMark(session: GraphSession, direction: 1 | -1): void {
  toOneOf(session, session.model.value?.marks.map(({ number }) => number) ?? [], direction);
}

/** To the next of some rising numbers, or the one before. */
function toOneOf(session: GraphSession, numbers: readonly number[], direction: 1 | -1): void {
  const now = session.number.value;
  const to = direction === 1 ? numbers[countUpTo(numbers, now)] : numbers[countUpTo(numbers, now - 1) - 1];
  if (to !== undefined) session.moveTo(to);
}
