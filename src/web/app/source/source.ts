/** Where the page gets what it shows: a server, or the file that it is itself. */
import type { Position, RecordedEvent } from '../../../domain/events.js';
import type { Places } from '../../../domain/limit-places.js';
import type { GraphsPage } from '../../../domain/listed.js';
import type { WorkerSeen } from '../../../history/explain/explanation.js';

/** What is said of the store. */
export interface About {
  readonly address: string;
  readonly namespace: string;
  /** Set if it is an export: of which graph, or of all, and what was redacted. */
  readonly exported: { readonly graphId: string | null; readonly redacted: readonly string[] } | null;
  /** The server's clock, ISO 8601. */
  readonly now: string;
  /** Under which name operations are recorded; null if the page only looks. */
  readonly operate: { readonly by: string } | null;
}

export interface GraphsQuery {
  readonly status: readonly string[];
  readonly labels: readonly string[];
  readonly search: string;
  readonly asOf: string | null;
  readonly after: string | null;
  readonly limit: number;
}

/** What a page found that holds its events itself, when it hashed them again. */
export type Evidence =
  /** How many events are checked so far. */
  | { readonly kind: 'checking'; readonly events: number; readonly of: number }
  | { readonly kind: 'sound'; readonly events: number; readonly rootHash: string }
  | { readonly kind: 'damaged'; readonly problem: string };

/** Which graphs have new events. */
export interface Changed {
  readonly graphs: readonly string[];
  /** Whether these are all of them. */
  readonly isWhole: boolean;
}

/** Is told what comes in of a graph. */
export interface GraphListener {
  /** Events in log order; the first call may come in pieces, until `onLoaded`. */
  onEvents(events: readonly RecordedEvent[]): void;
  /** All events of the namespace's own stream, so far. */
  onWork(events: readonly RecordedEvent[]): void;
  /** All that was there has been handed over. What follows is new. */
  onLoaded(): void;
  /** The connection was lost, with the reason; null once it is back. */
  onTrouble(problem: string | null): void;
  /** It cannot be shown at all. */
  onFailure(error: SourceError): void;
}

/** What went wrong, as the server says it. */
export class SourceError extends Error {
  override readonly name = 'SourceError';

  constructor(
    /** A code of an error, such as `graph-not-found`. */
    readonly code: string,
    message: string,
    /** Whether the same question may have an answer later. */
    readonly isTransient = false,
  ) {
    super(message);
  }
}

export interface Source {
  /** Whether there is a server behind it. */
  readonly isLive: boolean;
  about(): Promise<About>;
  /** Checks what the page holds against its tree head. Null where a server holds it. */
  readonly check: ((onProgress: (evidence: Evidence) => void) => Promise<void>) | null;
  graphs(query: GraphsQuery): Promise<GraphsPage>;
  /** Calls back after changes of the log, a few times a second at most, until the returned function is called. */
  onChange(callback: (changed: Changed) => void): () => void;
  /** Reads a graph and follows it, until the returned function is called. */
  follow(graphId: string, listener: GraphListener): () => void;
  /** Workers seen lately, as of a position; null where only the graph itself tells. */
  workersSeen(asOf: Position | null): Promise<readonly WorkerSeen[] | null>;
  /** The places under keys of limits, as of a position; null where only the graph itself tells. */
  places(keys: readonly string[], asOf: Position | null): Promise<readonly Places[] | null>;
}
