import { allFaults, type FaultKind, faultKinds } from './fault-kinds.js';
import type { Played } from './play.js';

/** What was played, counted. Plain data, so that processes can hand it over. */
export interface Totals {
  worlds: number;
  virtualMs: number;
  events: number;
  runs: number;
  crashes: number;
  /** How often each kind of fault has struck. */
  readonly strikes: Partial<Record<FaultKind, number>>;
  /** For each transition, how often it was written in which circumstances: see {@link Coverage}. */
  readonly transitions: Record<string, Partial<Record<FaultKind | 'all', number>>>;
}

export function noTotals(): Totals {
  return { worlds: 0, virtualMs: 0, events: 0, runs: 0, crashes: 0, strikes: {}, transitions: {} };
}

/** Adds a world. */
export function count(totals: Totals, { virtualMs, events, runs, crashes, strikes, coverage }: Played): void {
  const struck: Partial<Record<FaultKind, number>> = {};
  for (const { kind } of strikes) struck[kind] = (struck[kind] ?? 0) + 1;
  add(totals, {
    worlds: 1,
    virtualMs,
    events: events.length,
    runs,
    crashes,
    strikes: struck,
    transitions: coverage.counts,
  });
}

export function add(totals: Totals, more: Totals): void {
  for (const key of ['worlds', 'virtualMs', 'events', 'runs', 'crashes'] as const) totals[key] += more[key];
  addCounts(totals.strikes, more.strikes);
  for (const [transition, counts] of Object.entries(more.transitions))
    addCounts((totals.transitions[transition] ??= {}), counts);
}

function addCounts<Key extends string>(to: Partial<Record<Key, number>>, from: Partial<Record<Key, number>>): void {
  for (const [key, number] of Object.entries(from) as [Key, number][]) to[key] = (to[key] ?? 0) + number;
}

const hourMs = 3_600_000;

/** The totals in words, for people. */
export function totalLines(totals: Totals): readonly string[] {
  const { worlds, virtualMs, events, runs, crashes, strikes, transitions } = totals;
  const number = (value: number) => value.toLocaleString('en');
  const width = Math.max(...allFaults.map((kind) => kind.length));
  const struck = allFaults.filter((kind) => (strikes[kind] ?? 0) > 0);
  const longest = Math.max(0, ...Object.keys(transitions).map((transition) => transition.length));
  return [
    `${number(worlds)} worlds, ${number(Math.round(virtualMs / hourMs))} hours of virtual time, ${number(events)} events, ${number(runs)} runs of handlers, ${number(crashes)} crashes of workers`,
    '',
    `Faults that struck: ${struck.length} kinds of ${allFaults.length}`,
    ...struck.map(
      (kind) => `  ${kind.padEnd(width)}  ${number(strikes[kind]!).padStart(12)}  ${faultKinds[kind].means}`,
    ),
    '',
    'Transitions, how often each was written, and in the circumstances of how many kinds of fault',
    ...Object.entries(transitions)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([transition, counts]) => {
        const kinds = String(Object.keys(counts).length - 1).padStart(2);
        return `  ${transition.padEnd(longest)}  ${number(counts.all ?? 0).padStart(12)}  ${kinds} kinds`;
      }),
  ];
}
