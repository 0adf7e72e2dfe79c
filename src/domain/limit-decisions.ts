import { E, type Either } from '../prelude/fp.js';
import { shownName } from '../prelude/known-names.js';
import { didYouMean } from '../prelude/nearest.js';
import type { NamespaceEvent } from './events.js';
import { isSameMeasure, type LimitMeasure, measureOf, settingFor } from './limit-settings.js';
import { cutMessage } from './limits.js';
import type { WorkState } from './pauses.js';
import type { Rejection } from './rejection.js';

export type LimitCommand =
  | {
      readonly kind: 'set';
      /** A key, or the beginning of keys with a star behind it. */
      readonly key: string;
      readonly measure: LimitMeasure;
      readonly by: string;
      readonly reason: string;
    }
  | { readonly kind: 'remove'; readonly key: string; readonly by: string; readonly reason: string };

/** What a command does to the limits of a namespace. Setting what is set already does nothing. */
export function decideLimit(work: WorkState, command: LimitCommand): Either<Rejection, readonly NamespaceEvent[]> {
  const { key, by } = command;
  const reason = cutMessage(command.reason);
  const known = work.limits.get(key);
  if (command.kind === 'set') {
    const measure = measureOf(command.measure);
    if (known !== undefined && isSameMeasure(known, measure)) return E.right([]);
    return E.right([{ type: 'LimitSet', data: { key, ...measure, by, reason } }]);
  }
  if (known !== undefined) return E.right([{ type: 'LimitRemoved', data: { key, by, reason } }]);
  const through = settingFor(work.limits, key);
  const instead =
    through === null
      ? didYouMean(key, [...work.limits.keys()])
      : `; it comes under ${shownName(through.key)}, which is`;
  return E.left({ code: 'limit-not-found', message: `no limit is set for ${shownName(key)}${instead}` });
}
