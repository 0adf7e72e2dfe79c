import type { Position } from '../../domain/events.js';
import { type Projection, storableState } from './projection.js';
import type { EventLog } from '../../log/event-log.js';
import { comparePositions } from '../../domain/positions.js';
import { E } from '../../prelude/fp.js';
import { frozen, isPlainObject } from '../../prelude/json.js';
import { loadJson, saveJson } from '../../store/json-snapshot.js';

/** A projection's state, and up to which position of the log. */
export interface Projected<State> {
  readonly state: State;
  /** Null while the log is empty. */
  readonly position: Position | null;
}

/** What was kept. The state is null if another version of the projection wrote it, or if it cannot be read. */
interface Kept<State> {
  readonly position: Position;
  readonly state: { readonly value: State } | null;
}

/**
 * Where a projection's state is kept between runs: a snapshot of the log, under a name that no other
 * snapshot has. States that are only looked at and states whose changes are acted on are kept apart: what was looked at was
 * not acted on.
 */
export class Checkpoint<State> {
  private savedAt: Position | null = null;
  private readonly name: string;

  constructor(
    private readonly log: EventLog,
    private readonly projection: Projection<State>,
    use: 'looked-at' | 'acted-on',
  ) {
    this.name = use === 'looked-at' ? `projection.${projection.name}` : `projection.${projection.name}.acted-on`;
  }

  async load(): Promise<Kept<State> | null> {
    const kept = await loadJson(this.log, this.name, (value) => this.read(value));
    if (kept !== null) this.savedAt = kept.position;
    return kept === null ? null : { position: kept.position, state: kept.value };
  }

  /** Marks the checkpoint as unusable, so that the next save replaces it, whatever its position. */
  distrust(): void {
    this.savedAt = null;
  }

  /** Saves a state. If the log cannot take it just now, the next save tries again, unless this is the last. */
  async save({ state, position }: Projected<State>, { isLast }: { readonly isLast: boolean }): Promise<void> {
    const isOld = position === null || (this.savedAt !== null && comparePositions(position, this.savedAt) <= 0);
    if (isOld) return;
    const { version } = this.projection;
    const value = { version, state: storableState(this.projection, state) };
    const saved = await saveJson(this.log, this.name, position, value)();
    if (E.isRight(saved)) this.savedAt = position;
    else if (isLast || !saved.left.isTransient) throw saved.left;
  }

  private read(kept: unknown): Kept<State>['state'] {
    if (!isPlainObject(kept) || kept['version'] !== this.projection.version || !('state' in kept)) return null;
    return { value: frozen(kept['state'] as State) };
  }
}
