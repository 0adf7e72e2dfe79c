/** Where tests find a real EventStoreDB. Each uses a namespace of its own, and leaves its events there. */
import { randomUUID } from 'node:crypto';

const { EVENTSTORE_URL, EVENTSTORE_CLUSTER_URL } = process.env;

/** Of a single server, such as `esdb://localhost:2113?tls=false`. Empty if there is none; see {@link noServer}. */
export const serverAddress = EVENTSTORE_URL ?? '';

/** Of a cluster of three nodes. */
export const clusterAddress = EVENTSTORE_CLUSTER_URL ?? '';

/** Why what needs a server is skipped, or null. */
export const noServer =
  EVENTSTORE_URL === undefined ? 'EVENTSTORE_URL is not set to the address of an EventStoreDB' : null;

/** Why what needs a cluster is skipped, or null. */
export const noCluster =
  EVENTSTORE_CLUSTER_URL === undefined
    ? 'EVENTSTORE_CLUSTER_URL is not set to the address of an EventStoreDB cluster'
    : null;

export function freshNamespace(): string {
  return `test_${randomUUID().replaceAll('-', '')}`;
}
