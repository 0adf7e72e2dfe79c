import type { EventLog } from '../../src/log/event-log.js';
import { openEventStoreDbLog } from '../../src/log/eventstoredb/eventstoredb-log.js';
import { FakeServer } from '../log/eventstoredb/fake-server.js';
import { clusterAddress, freshNamespace, noCluster, noServer, serverAddress } from '../support/eventstoredb.js';
import { eventLogConformance } from './event-log-conformance.js';
import type { EngineUnderTest } from './log-fixture.js';

const abilities = { canAppend: true, canRestore: true, hasSnapshots: true, hasGivenClock: false };

function at(address: string): EngineUnderTest {
  const open = (namespace: string) => Promise.resolve(openEventStoreDbLog({ address, namespace }));
  return {
    ...abilities,
    open: () => open(freshNamespace()),
    again: (log, { namespace } = {}) => open(namespace === undefined ? log.namespace : freshNamespace()),
  };
}

eventLogConformance('the EventStoreDB log', at(serverAddress), noServer);
eventLogConformance('the EventStoreDB log in a cluster', at(clusterAddress), noCluster);

// The engine's side of the matter, also where there is no server. Each fake goes away with the last handle on it.
const servers = new WeakMap<EventLog, FakeServer>();
const handles = new Map<FakeServer, Set<EventLog>>();

function openOn(server: FakeServer, namespace: string): EventLog {
  const inner = openEventStoreDbLog({ address: server.address, namespace });
  const log: EventLog = {
    ...inner,
    close: async () => {
      await inner.close();
      handles.get(server)!.delete(log);
      if (handles.get(server)!.size === 0) server.stop();
    },
  };
  servers.set(log, server);
  handles.set(server, (handles.get(server) ?? new Set()).add(log));
  return log;
}

eventLogConformance('the EventStoreDB log on a fake server', {
  ...abilities,
  open: async ({ namespace = 'one' } = {}) => openOn(await FakeServer.start(), namespace),
  again: (log, { namespace = log.namespace } = {}) => Promise.resolve(openOn(servers.get(log)!, namespace)),
});
