import { openEventStoreDbLog } from '../../src/log/eventstoredb/eventstoredb-log.js';
import { freshNamespace, noServer, serverAddress } from '../support/eventstoredb.js';
import { eventLogConformance } from './event-log-conformance.js';

const open = (namespace: string) => Promise.resolve(openEventStoreDbLog({ address: serverAddress, namespace }));

eventLogConformance(
  'the EventStoreDB log',
  {
    open: () => open(freshNamespace()),
    again: (log, { namespace } = {}) => open(namespace === undefined ? log.namespace : freshNamespace()),
    hasOwnClock: true,
  },
  noServer,
);
