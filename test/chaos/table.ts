/** What rounds have shown, as a table in Markdown. */
import type { FaultKind } from './faults/kinds.js';
import type { RoundResult } from './rounds.js';

/** A round, or the error that ended it. */
export interface Played {
  readonly name: string;
  readonly seed: number;
  readonly result: RoundResult | Error;
}

/** Everything wrong with a round. */
export function troubles({ result }: Played): readonly string[] {
  if (result instanceof Error) return [`the round ended early: ${result.message}`];
  return [
    ...result.lost.map((what) => `lost: ${what}`),
    ...result.stale.map((what) => `stale: ${what}`),
    ...result.otherwise,
  ];
}

const head = [
  'faults',
  'what happens',
  'rounds',
  'strikes',
  'graphs',
  'jobs',
  'acknowledged endings',
  'lost',
  'stale',
  'result',
];

export function tableOf(
  kinds: Readonly<Record<string, FaultKind>>,
  played: readonly Played[],
  skipped: ReadonlyMap<string, string>,
): string {
  const rows = Object.entries(kinds).flatMap(([name, { what }]) => {
    const rounds = played.filter((each) => each.name === name);
    if (rounds.length > 0) return [[`\`${name}\``, what, ...sumsOf(rounds)]];
    const why = skipped.get(name);
    return why === undefined ? [] : [[`\`${name}\``, what, ...Array<string>(7).fill(''), `skipped: ${why}`]];
  });
  const total = ['**all**', '', ...sumsOf(played)];
  const lines = [head, head.map((_, at) => (at < 2 || at === head.length - 1 ? '---' : '--:')), ...rows, total];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function sumsOf(rounds: readonly Played[]): string[] {
  const results = rounds.flatMap(({ result }) => (result instanceof Error ? [] : [result]));
  const sum = (of: (result: RoundResult) => number) =>
    results.reduce((all, result) => all + of(result), 0).toLocaleString('en');
  const bad = rounds.filter((round) => troubles(round).length > 0).length;
  return [
    String(rounds.length),
    sum(({ strikes }) => strikes),
    sum(({ graphs }) => graphs),
    sum(({ jobs }) => jobs),
    sum(({ endings }) => endings),
    sum(({ lost }) => lost.length),
    sum(({ stale }) => stale.length),
    bad === 0 ? 'held' : `${bad} rounds failed`,
  ];
}

/** A round in a line. */
export function lineOf(round: Played, tookMs: number): string {
  const { name, seed, result } = round;
  const about = `${name}, seed ${seed}, ${Math.round(tookMs / 1000)} s`;
  if (result instanceof Error) return `${about}: failed`;
  const met = [...result.met].map(([code, times]) => `${code} ×${times}`).join(', ');
  const counts = `${result.strikes} strikes, ${result.graphs} graphs, ${result.jobs} jobs, ${result.endings} endings`;
  return `${about}: ${counts}${met === '' ? '' : `; workers met ${met}`}`;
}
