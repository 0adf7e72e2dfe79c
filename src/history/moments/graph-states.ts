import type { RecordedEvent } from '../../domain/events.js';
import { type GraphCapture, GraphState } from '../../domain/graph.js';

/** A jump folds at most this many events again. */
const keyframeEvery = 256;

/**
 * Every state a graph has gone through, by the number of events it was folded from: 0 is before its first event. The
 * next state costs one event; any other one goes back to a state captured on the way and folds the events after that.
 */
export class GraphStates {
  /** States by the number of their events, the smallest first. None from before the graph existed. */
  private readonly keyframes: { readonly number: number; readonly capture: GraphCapture }[] = [];
  private current: GraphState;
  private folded = 0;

  /** @param events of the graph and its jobs, in log order, from the first */
  constructor(
    private readonly graphId: string,
    readonly events: readonly RecordedEvent[],
  ) {
    this.current = new GraphState(graphId);
  }

  /**
   * The state after a number of events.
   *
   * @param number from 0 to the number of events
   * @returns the state, which is changed in place by the next call
   */
  at(number: number): GraphState {
    const nearest = this.keyframes.findLast((keyframe) => keyframe.number <= number);
    if (number < this.folded || (nearest !== undefined && nearest.number > this.folded)) this.goBack(nearest);
    while (this.folded < number) {
      this.current.apply(this.events[this.folded]!);
      this.folded += 1;
      this.keep();
    }
    return this.current;
  }

  private goBack(keyframe: (typeof this.keyframes)[number] | undefined): void {
    if (keyframe === undefined) {
      // From before it existed: its jobs go, and so do the states captured of them.
      this.current = new GraphState(this.graphId);
      this.keyframes.length = 0;
    } else this.current.restore(keyframe.capture);
    this.folded = keyframe?.number ?? 0;
  }

  private keep(): void {
    if (this.current.existsFrom === null) return;
    const last = this.keyframes.at(-1)?.number ?? -Infinity;
    if (this.folded - last >= keyframeEvery) {
      this.keyframes.push({ number: this.folded, capture: this.current.capture() });
    }
  }
}
