import { createMemoryLog } from '../../src/log/memory/memory-log.js';
import { eventLogConformance } from './event-log-conformance.js';

eventLogConformance('the memory log', {
  canAppend: true,
  canRestore: true,
  hasSnapshots: true,
  hasGivenClock: true,
  open: (options = {}) => Promise.resolve(createMemoryLog(options)),
});
