import { signal } from '@preact/signals';
import { countUpTo } from '../model/rising.js';
import type { GraphSession } from './graph-session.js';
import { change } from './place.js';

/** A key, as `event.key` names it, and what it does to what is shown. */
interface Key<Shown> {
  readonly key: string;
  readonly withShift: boolean;
  readonly shown: string;
  readonly does: string;
  readonly act: (on: Shown) => void;
}

const named = <Shown>(
  key: string,
  shown: string,
  does: string,
  act: (on: Shown) => void,
  withShift = false,
): Key<Shown> => ({ key, shown, does, act, withShift });

export const isHelpOpen = signal(false);

/** What the keys do in every view. */
export const pageKeys: readonly Key<void>[] = [
  named('/', '/', 'search', () => document.querySelector<HTMLElement>('[data-search]')?.focus()),
  named('?', '?', 'what the keys do', () => (isHelpOpen.value = true)),
];

/** What they do where a graph is shown. The rest, such as how to walk through its picture, is said where it works. */
export const graphKeys: readonly Key<GraphSession>[] = [
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
  named('Escape', 'Esc', 'choose no job', (session) => session.choose(null)),
];

/**
 * What a key that was pressed is to do. Null if it is none of these, or belongs to where the focus is: to a field that is typed
 * into, a dialog, or a button. A picture that takes some keys keeps these alone to itself, and lets the others through to here.
 */
function keyOf<Shown>(event: KeyboardEvent, keys: readonly Key<Shown>[]): Key<Shown> | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return null;
  const within = event.target instanceof HTMLElement ? event.target : document.body;
  if (within.closest('input, select, textarea, dialog') !== null) return null;
  if (event.key === ' ' && within.closest('button, summary') !== null) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // To type a sign may take Shift, on one keyboard or another.
  return keys.find((each) => each.key === key && (key.length === 1 || each.withShift === event.shiftKey)) ?? null;
}

/** Begins to listen to the keys of every view. */
export function followPageKeys(): void {
  addEventListener('keydown', (event) => {
    const key = keyOf(event, pageKeys);
    if (key === null) return;
    event.preventDefault();
    key.act();
  });
}

/** Listens to the keys of a graph, until the returned function is called. */
export function followGraphKeys(session: GraphSession): () => void {
  const onKey = (event: KeyboardEvent) => {
    const key = keyOf(event, graphKeys);
    if (key === null) return;
    event.preventDefault();
    if (key.key !== ' ') session.player.stop();
    key.act(session);
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
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
