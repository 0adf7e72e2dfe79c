import type { ServerProjection } from '../../server-projections.js';
import { meantAmong, shownName } from '../../../prelude/known-names.js';
import { projectionError } from './server.js';

/**
 * The projections among some that names refer to; all if there are no names. A projection answers to its name with a
 * version, without one, and with the namespace in front.
 *
 * @param known every projection that a name may refer to
 * @throws LogError `projections-unknown` for a name that none of them has
 */
export function selected<A extends ServerProjection>(
  names: readonly string[],
  among: readonly A[],
  known: readonly ServerProjection[],
): readonly A[] {
  const isCalled = (name: string) => (each: ServerProjection) =>
    [each.projection, shortName(each), each.name].includes(name);
  for (const name of names) {
    if (known.some(isCalled(name))) continue;
    const there = [...new Set(known.map(({ projection }) => projection))];
    const message = `there is no projection ${shownName(name)}; ${meantAmong(name, there)}`;
    throw projectionError('projections-unknown', message);
  }
  return names.length === 0 ? among : among.filter((each) => names.some((name) => isCalled(name)(each)));
}

/** A projection's name without the namespace: `graph-history-v1`. */
export function shortName({ projection, version }: ServerProjection): string {
  return `${projection}-v${version}`;
}

export function identityOf({ name, projection, version }: ServerProjection): ServerProjection {
  return { name, projection, version };
}
