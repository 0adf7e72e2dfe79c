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

/** Why a kind cannot strike here, or null. */
export function whyNot(kind: FaultKind, options: ChaosOptions): string | null {
  const engine = options.store === 'sqlite' ? 'sqlite' : 'eventstoredb';
  if (kind.engine !== 'any' && kind.engine !== engine) return `only for ${kind.engine}`;
  return kind.missing?.(options) ?? null;
}
