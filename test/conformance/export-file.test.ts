/** An exported file: it can be read in every way, and refuses all that writes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { store, type Store, systemEnvironment } from '../../src/index.js';
import type { EventLog } from '../../src/log/event-log.js';
import { openExportFile } from '../../src/log/export-file/export-file-log.js';
import { exportText, temporaryFolder } from '../support/stores.js';
import { eventLogConformance } from './event-log-conformance.js';

/** The stores in memory whose logs are written to before they are exported. */
const stores = new WeakMap<EventLog, Store>();

eventLogConformance('the export file log', {
  canAppend: false,
  canRestore: false,
  hasSnapshots: false,
  hasGivenClock: true,
  open: async ({ namespace = 'overseer', now = Date.now } = {}) => {
    const opened = await store('memory:', { namespace, environment: { ...systemEnvironment, now } });
    stores.set(opened.log, opened);
    return opened.log;
  },
  reopen: async (written) => {
    const path = join(temporaryFolder(), 'overseer.jsonl');
    writeFileSync(path, await exportText(stores.get(written)!));
    return await openExportFile({ path });
  },
  again: (log) => openExportFile({ path: log.address }),
});
