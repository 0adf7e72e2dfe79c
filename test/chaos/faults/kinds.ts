/** A kind of fault, and what a round of it may ask of the world around. */
import type { Chance } from '../chance.js';
import type { Crew } from '../crew.js';
import type { Operator } from '../operator.js';
import type { EngineName, Needs, Place } from '../place.js';

/** A round while it is played. */
export interface Scene {
  readonly place: Place;
  readonly crew: Crew;
  readonly operator: Operator;
  readonly chance: Chance;
  readonly options: ChaosOptions;
}

/** What a whole run was told. */
export interface ChaosOptions {
  /** `sqlite`, or the address of a server. */
  readonly store: string;
  readonly restartCommand: string | null;
  /** A folder that is removed at the end. */
  readonly scratch: string;
}

interface AnyKind {
  readonly engine: EngineName | 'any';
  /** What happens, in a few words, for the table. */
  readonly what: string;
  readonly needs?: Needs;
  /** Why it cannot strike here, or null. */
  readonly missing?: (options: ChaosOptions) => string | null;
  /** What the environment of a worker has besides. */
  readonly environmentOf?: (files: string) => Readonly<Record<string, string>>;
}

/** A fault that passes. While it lasts nothing is lost, and after it all work goes on. */
export interface PassingKind extends AnyKind {
  readonly passes: true;
  /** Strikes once. Resolves when it is over. */
  readonly strike: (scene: Scene) => Promise<void>;
  /** Codes with which a worker may end, or refuse to start, meanwhile. */
  readonly codes?: readonly string[];
  /** Whether graphs are aborted and must be retried. */
  readonly aborts?: true;
  /** Whether it can strike where other kinds do. */
  readonly mixes?: true;
}

/** The store is taken away or damaged, for good. The workers must say so, and stop. */
export interface FinalKind extends AnyKind {
  readonly passes: false;
  readonly engine: 'sqlite';
  /** Strikes while every process is frozen. */
  readonly strike: (path: string, chance: Chance) => Promise<void> | void;
  /** Prepares another file, while nothing is wrong yet. */
  readonly prepare?: (path: string) => Promise<void>;
  /** The codes with which the workers must end. */
  readonly codes: readonly string[];
  /**
   * What becomes of the file. `gone`: it is elsewhere, and whoever has it open notices at the next append. `cut`: it is where
   * it was, and whoever has it open notices at the next append. `damaged`: it is where it was, and it may take long until
   * somebody reads what is damaged; but whoever opens it must notice.
   */
  readonly leaves: 'gone' | 'cut' | 'damaged';
  /** Whether an append that is under way at that moment may be acknowledged, and lost. */
  readonly takesWhatIsUnderWay?: true;
  /** Whether a sound store is at the path afterwards, which must stay sound. */
  readonly leavesAnother?: true;
}

export type FaultKind = PassingKind | FinalKind;
