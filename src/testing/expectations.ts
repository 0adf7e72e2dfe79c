import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { OverseerError, wordsFor } from '../prelude/errors.js';
import { isPlainObject, type Json, type JsonObject } from '../prelude/json.js';
import { type Patch, patchBetween } from '../prelude/json-patch.js';
import { invalid } from './known.js';

/** States of projections, by history and by projection. */
type States = Record<string, Record<string, Json>>;

/** What projections are expected to come to: a JSON file beside the histories, written when one says so. */
export class Expectations {
  private readonly saved: States;
  private readonly now: States = {};

  /** @throws OverseerError `testing-invalid` if the file is missing or cannot be read, and is not to be written */
  constructor(
    private readonly path: string,
    private readonly isUpdate: boolean,
  ) {
    this.saved = isUpdate ? {} : readStates(path);
  }

  /** Notes a state. Returns how it differs from the saved one: null if none is saved. */
  compare(history: string, projection: string, state: Json): Patch | null {
    const name = this.nameOf(history);
    (this.now[name] ??= {})[projection] = state;
    if (this.isUpdate) return [];
    const saved = this.saved[name]?.[projection];
    return saved === undefined ? null : patchBetween(saved, state);
  }

  /** What is saved, and was not compared with anything. */
  left(): readonly { readonly history: string; readonly projection: string }[] {
    return Object.entries(this.saved).flatMap(([history, states]) =>
      Object.keys(states)
        .filter((projection) => !(projection in (this.now[history] ?? {})))
        .map((projection) => ({ history, projection })),
    );
  }

  /** Writes what was noted, if it is to be written. */
  save(): void {
    if (!this.isUpdate) return;
    mkdirSync(dirname(resolve(this.path)), { recursive: true });
    writeFileSync(this.path, `${JSON.stringify(this.now, null, 2)}\n`);
  }

  /** Histories are named as seen from the file, so that it does not matter where the tests are started. */
  private nameOf(history: string): string {
    if (!existsSync(history)) return history;
    return relative(dirname(resolve(this.path)), resolve(history)).replaceAll('\\', '/');
  }
}

function readStates(path: string): States {
  if (!existsSync(path)) {
    invalid(`there is no ${path} to compare projections with; run once with { update: true }, look at it, and keep it`);
  }
  try {
    const read: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isPlainObject(read) && Object.values(read).every((states) => isPlainObject(states))) {
      return read as Record<string, JsonObject>;
    }
  } catch (error) {
    throw new OverseerError('testing-invalid', `${path} cannot be read: ${wordsFor(error)}`, { cause: error });
  }
  return invalid(`${path} is not a file of expected states; write it with { update: true }`);
}
