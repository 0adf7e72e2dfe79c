/** Every kind of fault, by name. */
import { fileKinds } from './files.js';
import type { ChaosOptions, FaultKind, PassingKind, Scene } from './kinds.js';
import { lostFileKinds } from './lost-files.js';
import { processKinds } from './processes.js';
import { serverKinds } from './server.js';

const passing: Readonly<Record<string, PassingKind>> = { ...processKinds, ...fileKinds, ...serverKinds };

/** Kinds that can strike together on the engine of a scene. */
function mixable({ place, options }: Scene): readonly PassingKind[] {
  return Object.values(passing).filter(
    (kind) => kind.mixes && (kind.engine === 'any' || kind.engine === place.engine) && !kind.missing?.(options),
  );
}

const mixed: PassingKind = {
  passes: true,
  engine: 'any',
  aborts: true,
  what: 'two of these kinds at the same time, drawn anew each time',
  needs: { ...fileKinds.lock.needs, network: true },
  codes: [...fileKinds.lock.codes, ...serverKinds.cut.codes],
  strike: async (scene) => {
    await Promise.all(scene.chance.some(mixable(scene), 2).map((kind) => kind.strike(scene)));
  },
};

export const faultKinds: Readonly<Record<string, FaultKind>> = { ...passing, mixed, ...lostFileKinds };

/** Whether a kind is one of the faults that the engine of a run can have. */
export function concerns({ engine }: FaultKind, { store }: ChaosOptions): boolean {
  return engine === 'any' || engine === (store === 'sqlite' ? 'sqlite' : 'eventstoredb');
}
