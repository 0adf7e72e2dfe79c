import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import type { RecordedEvent } from '../../../domain/events.js';
import { completesSubmission } from '../../../domain/submission.js';
import { GraphModel } from '../model/graph-model.js';
import { unreadSubmission } from '../model/summary.js';
import { type GraphListener, type Source, SourceError } from '../source/source.js';
import { change, place } from './place.js';
import { Player } from './player.js';

/** How far the page is with a graph. */
export type Loading =
  | { readonly kind: 'loading'; readonly events: number }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: SourceError };

/** After the first picture, and less than would make a frame late. */
const preparing = { afterMs: 500, atOnceMs: 6, events: 200 } as const;

/** A graph that is open on the page: its model, the moment that is shown, and what is chosen. */
export class GraphSession implements GraphListener {
  readonly loading = signal<Loading>({ kind: 'loading', events: 0 });
  readonly trouble = signal<string | null>(null);
  readonly model = signal<GraphModel | null>(null);
  /** How many events the model has. Changes whenever it has grown. */
  readonly length = signal(0);
  /** How many events had happened at the moment that is shown. */
  readonly number: ReadonlySignal<number>;
  /** Whether the page shows the latest there is, and goes on with it. */
  readonly isAtEnd: ReadonlySignal<boolean>;
  readonly jobId: ReadonlySignal<string | null>;
  /** Moments that are compared. */
  readonly pins: ReadonlySignal<{ readonly a: number | null; readonly b: number | null }>;

  readonly player = new Player(this);
  private waiting: RecordedEvent[] = [];
  private isLoaded = false;
  private work: readonly RecordedEvent[] = [];
  private readonly end: () => void;
  private preparing: ReturnType<typeof setTimeout> | null = null;

  constructor(
    source: Source,
    readonly graphId: string,
  ) {
    this.number = computed(() => this.withinBounds(place.value.params['at']) ?? this.length.value);
    this.isAtEnd = computed(() => place.value.params['at'] === undefined);
    this.jobId = computed(() => place.value.params['job'] ?? null);
    this.pins = computed(() => ({
      a: this.withinBounds(place.value.params['a']),
      b: this.withinBounds(place.value.params['b']),
    }));
    this.end = source.follow(graphId, this);
  }

  /** Stops following. */
  close(): void {
    this.player.stop();
    if (this.preparing !== null) clearTimeout(this.preparing);
    this.end();
  }

  onEvents(events: readonly RecordedEvent[]): void {
    const model = this.model.value;
    if (model === null) {
      this.waiting.push(...events);
      this.loading.value = { kind: 'loading', events: this.waiting.length };
      if (this.isLoaded) this.onLoaded();
      return;
    }
    model.add(events);
    this.length.value = model.length;
  }

  onWork(events: readonly RecordedEvent[]): void {
    this.model.value?.history.addWork(events.slice(this.work.length));
    this.work = events;
  }

  onLoaded(): void {
    this.isLoaded = true;
    if (this.model.value !== null) return;
    const unread = unreadSubmission(this.waiting);
    if (unread !== null) return this.onFailure(this.unreadable(unread));
    // A graph of which only some parts are submitted yet becomes visible with the last.
    if (!this.waiting.some(completesSubmission)) return;
    const model = new GraphModel(this.graphId, this.waiting, this.work);
    if (model.latest.existsFrom === null) return this.onFailure(this.unreadable('its submission is not complete'));
    this.waiting = [];
    batch(() => {
      this.model.value = model;
      this.length.value = model.length;
      this.loading.value = { kind: 'ready' };
    });
    this.preparing = setTimeout(() => this.prepare(model, model.first), preparing.afterMs);
  }

  /** Folds the states on the way, some at a time, so that the first jump back finds one near it. */
  private prepare(model: GraphModel, from: number): void {
    const until = performance.now() + preparing.atOnceMs;
    let number = from;
    while (number < model.length && performance.now() < until) {
      number = Math.min(model.length, number + preparing.events);
      model.history.stateAt(number);
    }
    if (number < model.length) this.preparing = setTimeout(() => this.prepare(model, number));
  }

  onTrouble(problem: string | null): void {
    this.trouble.value = problem;
  }

  onFailure(error: SourceError): void {
    this.loading.value = { kind: 'failed', error };
  }

  /** Shows the moment after a number of events. */
  moveTo(number: number): void {
    const model = this.model.value;
    if (model === null) return;
    change({ at: String(Math.min(model.length, Math.max(model.first, Math.round(number)))) });
  }

  /** The same, by hand: what is played stops. */
  dragTo(number: number): void {
    this.player.stop();
    this.moveTo(number);
  }

  /** Shows the latest, and goes on with it. */
  moveToEnd(): void {
    change({ at: null });
  }

  choose(jobId: string | null): void {
    change({ job: jobId });
  }

  private unreadable(why: string): SourceError {
    return new SourceError('graph-unreadable', `graph ${this.graphId} cannot be read: ${why}`);
  }

  private withinBounds(text: string | undefined): number | null {
    const model = this.model.value;
    if (text === undefined || model === null || !/^\d{1,9}$/.test(text)) return null;
    return Math.min(this.length.value, Math.max(model.first, Number(text)));
  }
}
