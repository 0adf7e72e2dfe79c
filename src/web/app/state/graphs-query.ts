import type { GraphsQuery } from '../source/source.js';
import type { Place } from './place.js';

const pageSize = 50;

/** Which graphs the list is asked for, by the parameters of its place. */
export function queryOf(params: Place['params']): GraphsQuery {
  const listOf = (text: string | undefined) => (text ?? '').split(',').filter((each) => each !== '');
  return {
    status: listOf(params['status']),
    labels: listOf(params['label']),
    search: params['search'] ?? '',
    asOf: params['asOf'] ?? null,
    after: params['after'] ?? null,
    limit: pageSize,
  };
}

/** The parameters that change when a status is chosen, or chosen no more. The list begins again. */
export function withStatus({ status }: GraphsQuery, chosen: string): Readonly<Record<string, string | null>> {
  const after = status.includes(chosen) ? status.filter((each) => each !== chosen) : [...status, chosen];
  return { status: after.join(',') || null, after: null };
}
