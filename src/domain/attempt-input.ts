import type { Json, JsonObject } from '../prelude/json.js';

/** All that a handler is given of its job but what comes from the run itself. Plain data. */
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
  /** Of the last heartbeat of the attempts before; null if there is none. */
  readonly details: Json;
}
