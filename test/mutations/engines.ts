/** Bugs in the port of the log, and in the log in memory. */
import type { Mutation } from './mutation.js';

const memory = 'test/conformance/memory.test.ts';

export const engineMutations: readonly Mutation[] = [
  {
    name: 'a subscription passes over what lies after a full batch (memory)',
    file: 'log/event-list.ts',
    find: 'upTo: index === 0 ? null : positionOf(index - 1), hasMore: index < this.size }',
    replace: 'upTo: this.size === 0 ? null : positionOf(this.size - 1), hasMore: false }',
    tests: [memory],
  },
  {
    name: 'a subscription says that it has caught up after the first of many batches',
    file: 'log/polling-subscription.ts',
    find: '          if (hasMore) await nextTurn();\n          continue;',
    replace: '          if (hasMore) await nextTurn();',
    tests: ['test/log/polling-subscription.test.ts'],
  },
  {
    name: 'a subscription that works again after a failure does not say so, and the next failure seems to have lasted since',
    file: 'log/polling-subscription.ts',
    find: "        isBehind = true;\n        yield { kind: 'interrupted', error };",
    replace: "        yield { kind: 'interrupted', error };",
    tests: ['test/log/polling-subscription.test.ts'],
  },
  {
    name: 'an append that expects a later revision than the stream has is taken (memory)',
    file: 'log/memory/memory-log.ts',
    find: 'if (actualRevision !== request.expectedRevision) {',
    replace: 'if (actualRevision > request.expectedRevision) {',
    tests: [memory],
  },
  {
    name: 'an append is taken for a repeated one if any of its events is there (memory)',
    file: 'log/memory/memory-log.ts',
    find: 'events.every(({ id }, index) => there[index]!.id === id)',
    replace: 'events.some(({ id }, index) => there[index]!.id === id)',
    tests: [memory],
  },
  {
    name: 'recorded times go back when the clock does (memory)',
    file: 'log/memory/memory-log.ts',
    find: 'Math.max(this.lastRecordedAt, this.now())',
    replace: 'this.now()',
    tests: [memory],
  },
  {
    name: 'an older snapshot replaces a newer one (memory)',
    file: 'log/memory/memory-log.ts',
    find: 'if (stored === undefined || Number(stored.position) <= Number(snapshot.position)) snapshots',
    replace: 'snapshots',
    tests: [memory],
  },
  {
    name: 'events that are restored may go back in time among themselves',
    file: 'log/restore-check.ts',
    find: '    lastAt = at;\n',
    replace: '',
    tests: [memory],
  },
  {
    name: 'a restored event may leave a gap in its stream',
    file: 'log/restore-check.ts',
    find: 'if (event.revision !== length) {',
    replace: 'if (event.revision < length) {',
    tests: [memory],
  },
  {
    name: 'positions of different lengths are compared as text',
    file: 'domain/positions.ts',
    find: '  if (a.length !== b.length) return a.length - b.length;\n',
    replace: '',
    tests: ['test/log/positions.test.ts'],
  },
  {
    name: 'an event that no release could read again is written',
    file: 'log/event-log.ts',
    find: '  if (why !== null) throw invalid(why);\n',
    replace: '',
    tests: [memory],
  },
];
