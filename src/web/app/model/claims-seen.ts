import type { RecordedEvent } from '../../../domain/events.js';
import type { WorkerSeen } from '../../../history/explain/explanation.js';
import { listIn } from '../../../prelude/grouped.js';
import { countUpTo } from './rising.js';

type Claim = Extract<RecordedEvent, { readonly type: 'JobStarted' }>;

/** Which workers claimed jobs of a graph, and when: kept so that it can be told for any moment without reading all claims. */
export class ClaimsSeen {
  /** The numbers of the claims, rising, by worker and by type of job. */
  private readonly numbers = new Map<string, Map<string, number[]>>();

  add(number: number, { data: { worker } }: Claim, type: string): void {
    const ofWorker = this.numbers.get(worker.id) ?? new Map<string, number[]>();
    this.numbers.set(worker.id, ofWorker);
    listIn(ofWorker, type).push(number);
  }

  /**
   * The workers with a claim among the events from one number to another, the last to claim first, each with the types that it
   * claimed.
   */
  between(first: number, last: number, eventOf: (number: number) => RecordedEvent): readonly WorkerSeen[] {
    const found = [...this.numbers.values()].map((ofWorker) =>
      [...ofWorker]
        .map(([type, numbers]) => ({ type, number: numbers[countUpTo(numbers, last) - 1] ?? 0 }))
        .filter(({ number }) => number >= first)
        .sort((a, b) => b.number - a.number),
    );
    const seen = found.filter((claims) => claims.length > 0).sort((a, b) => b[0]!.number - a[0]!.number);
    return seen.map((claims) => {
      const { data, recordedAt } = eventOf(claims[0]!.number) as Claim;
      return { ...data.worker, lastSeenAt: recordedAt, types: claims.map(({ type }) => type) };
    });
  }
}
