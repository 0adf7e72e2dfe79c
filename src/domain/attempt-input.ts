import type { Json, JsonObject } from '../prelude/json.js';

/** What a handler is given of its job, except what comes from the run itself. Plain data. */
export interface AttemptInput {
  readonly graphId: string;
  readonly id: string;
  readonly type: string;
  /** From 1. */
  readonly attempt: number;
  readonly args: JsonObject;
  /** The results of its parents, by their ids. */
  readonly inputs: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the last heartbeat of earlier attempts; null if there was none. */
  readonly details: Json;
}
