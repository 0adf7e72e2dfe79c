import type { Position } from '../../domain/events.js';
import { type Projection, storableState } from './projection.js';
import { comparePositions, type EventLog } from '../../log/event-log.js';
import { E } from '../../prelude/fp.js';
import { frozen, isPlainObject } from '../../prelude/json.js';
import { orThrow } from '../../store/or-throw.js';

/** A projection's state, and how far along the log it is the state of. */
export interface Projected<State> {
  readonly state: State;
  /** Null while the log is empty. */
  readonly position: Position | null;
}

/** What was kept: the state is null if another version of the projection left it, or if it cannot be read. */
interface Kept<State> {
  readonly position: Position;
  readonly state: { readonly value: State } | null;
}

/**
 * Where a projection's state is kept between runs: a snapshot of the log, under a name that no other use of snapshots
 * has. A state that is only looked at and one whose changes are acted on are kept apart, since what was looked at
 * was not acted on.
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
    const snapshot = await orThrow(this.log.loadSnapshot(this.name));
    if (snapshot === null) return null;
    this.savedAt = snapshot.position;
    return { position: snapshot.position, state: this.read(snapshot.bytes) };
  }

  /** Notes that what is kept is not to be used, so that the next save replaces it wherever it stands. */
  distrust(): void {
    this.savedAt = null;
  }

  /** Keeps a state. A log that cannot just now is asked again at the next save, unless this is the last. */
  async save({ state, position }: Projected<State>, { isLast }: { readonly isLast: boolean }): Promise<void> {
    const isOld = position === null || (this.savedAt !== null && comparePositions(position, this.savedAt) <= 0);
    if (isOld) return;
    const { version } = this.projection;
    const bytes = Buffer.from(JSON.stringify({ version, state: storableState(this.projection, state) }));
    const saved = await this.log.saveSnapshot(this.name, { position, bytes })();
    if (E.isRight(saved)) this.savedAt = position;
    else if (isLast || !saved.left.isTransient) throw saved.left;
  }

  private read(bytes: Uint8Array): Kept<State>['state'] {
    try {
      const kept: unknown = JSON.parse(Buffer.from(bytes).toString());
      if (!isPlainObject(kept) || kept['version'] !== this.projection.version || !('state' in kept)) return null;
      return { value: frozen(kept['state'] as State) };
    } catch {
      return null;
    }
  }
}
