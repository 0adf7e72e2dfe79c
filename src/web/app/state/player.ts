import { type ReadonlySignal, signal } from '@preact/signals';
import type { GraphModel } from '../model/graph-model.js';

/** How many times as fast as it happened. */
export const speeds = [1, 3, 10, 30, 100, 300, 1000] as const;

/** What is played: a graph, and the moment of it that is shown. */
export interface Played {
  readonly model: ReadonlySignal<GraphModel | null>;
  readonly number: ReadonlySignal<number>;
  readonly moveTo: (number: number) => void;
}

/** Plays a graph's history, as it happened or faster. */
export class Player {
  readonly isPlaying = signal(false);
  readonly speed = signal<number>(1);
  private hasSpeed = false;
  private frame = 0;

  constructor(private readonly session: Played) {}

  toggle(): void {
    if (this.isPlaying.value) this.stop();
    else this.start();
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
    this.isPlaying.value = false;
  }

  choose(speed: number): void {
    this.speed.value = speed;
    this.hasSpeed = true;
  }

  private start(): void {
    const model = this.session.model.value;
    if (model === null) return;
    const number = this.session.number.value;
    const isOver = number >= model.length;
    if (isOver) this.session.moveTo(model.first);
    let at = model.times[(isOver ? model.first : number) - 1]!;
    if (!this.hasSpeed) this.speed.value = fittingSpeed(model.times.at(-1)! - model.times[model.first - 1]!);
    this.isPlaying.value = true;
    let before = performance.now();
    let shown = this.session.number.value;
    const step = (now: number) => {
      const here = this.session.number.value;
      // Somebody has moved meanwhile: it goes on from there.
      if (here !== shown) at = model.times[here - 1]!;
      else at += (now - before) * this.speed.value;
      before = now;
      const reached = Math.max(here, model.numberAt(at));
      if (reached > here) this.session.moveTo(reached);
      shown = this.session.number.value;
      if (reached >= model.length) return this.stop();
      this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }
}

/** The slowest speed that shows a span of time in half a minute. */
function fittingSpeed(spanMs: number): number {
  return speeds.find((speed) => spanMs / speed <= 30_000) ?? speeds.at(-1)!;
}
