import { Places, type PlacesSnapshot } from '../../../domain/limit-places.js';
import type { GraphsPage } from '../../../domain/listed.js';
import type { WorkerSeen } from '../../../history/explain/explanation.js';
import { apiPath, askJson, positionOf } from './ask.js';
import { changes } from './changes.js';
import { Following } from './following.js';
import type { About, GraphsQuery, Source } from './source.js';

/** The server that the page comes from. */
export const serverSource: Source = {
  isLive: true,
  check: null,
  about: () => askJson<About>(apiPath(['about'])),
  graphs: async ({ labels, asOf, ...query }: GraphsQuery) => {
    const position = asOf === null ? null : await positionOf(asOf);
    return await askJson<GraphsPage>(
      apiPath(['graphs'], { ...query, label: labels, asOf: position, limit: String(query.limit) }),
    );
  },
  workersSeen: (asOf) => askJson<readonly WorkerSeen[]>(apiPath(['workers-seen'], { asOf })),
  places: async (keys, asOf) => {
    const found = await askJson<readonly PlacesSnapshot[]>(apiPath(['places'], { key: keys, asOf }));
    return found.map((snapshot, index) => new Places(keys[index]!, snapshot));
  },
  onChange: (callback) => changes.tell(callback),
  follow: (graphId, listener) => {
    const following = new Following(graphId, listener);
    following.begin();
    return () => following.end();
  },
};
