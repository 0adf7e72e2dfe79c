import { createMemoryLog } from '../../src/log/memory/memory-log.js';
import { eventLogConformance } from './event-log-conformance.js';

eventLogConformance('the memory log', {
  open: (options = {}) => Promise.resolve(createMemoryLog(options)),
  again: () => Promise.resolve(null),
});
