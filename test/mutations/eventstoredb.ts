/** Bugs in the log on an EventStoreDB. All of them are hunted on a fake server, so that no real one is needed. */
import type { Mutation } from './mutation.js';

const folder = 'test/log/eventstoredb';
const conformance = 'test/conformance/eventstoredb.test.ts';

export const eventStoreDbMutations: readonly Mutation[] = [
  {
    name: 'after a full batch that a look has found, what lies behind it is passed over',
    file: 'log/eventstoredb/subscription.ts',
    find: 'this.upTo = missed.at(-1)!.position;',
    replace: 'this.upTo = end;',
    tests: [`${folder}/looks.test.ts`],
  },
  {
    name: 'events that the server sends again are handed over again',
    file: 'log/eventstoredb/subscription.ts',
    find: 'if (event !== null && this.isAhead(event.position)) {',
    replace: 'if (event !== null) {',
    tests: [`${folder}/subscriptions.test.ts`],
  },
  {
    name: 'a subscription that was dropped goes on at the end of the log',
    file: 'log/eventstoredb/subscription.ts',
    find: 'return { from: await reader.placeToFollow(this.upTo), end: await reader.end() };',
    replace: 'return { from: await reader.end(), end: await reader.end() };',
    tests: [`${folder}/subscriptions.test.ts`],
  },
  {
    name: 'a subscription stays silent after its inbox was full once',
    file: 'log/eventstoredb/protocol/inbox.ts',
    find: '    if (taken.length >= highWater) this.call.resume();\n',
    replace: '',
    tests: ['test/log/eventstoredb/inbox.test.ts'],
  },
  {
    name: 'what came before a failure is thrown away',
    file: 'log/eventstoredb/protocol/inbox.ts',
    find: "        if (!this.isEmpty) return 'messages';\n        if (this.failure !== null) throw this.failure;\n",
    replace: "        if (this.failure !== null) throw this.failure;\n        if (!this.isEmpty) return 'messages';\n",
    tests: ['test/log/eventstoredb/inbox.test.ts'],
  },
  {
    name: 'an append to a stream that was deleted and begins again counts as taken',
    file: 'log/eventstoredb/appender.ts',
    find: 'if (outcome.revision === expected) return',
    replace: 'if (outcome.revision >= expected) return',
    tests: [`${folder}/history-missing.test.ts`, `${folder}/appends.test.ts`],
  },
  {
    name: 'appends of one call to one stream are sent side by side',
    file: 'log/eventstoredb/appender.ts',
    find: 'listIn(ofStream, stream).push(index)',
    replace: 'listIn(ofStream, `${stream} ${index}`).push(index)',
    tests: [conformance, `${folder}/appends.test.ts`],
  },
  {
    name: 'an append of unknown outcome is not sent again',
    file: 'log/eventstoredb/appender.ts',
    find: 'if (!problem.isTransient || isLate || this.on.closing.aborted) throw problem;',
    replace: 'throw problem;',
    tests: [`${folder}/appends.test.ts`],
  },
  {
    name: 'a history that lacks its beginning is taken for whole',
    file: 'log/eventstoredb/reader.ts',
    find: 'const expected = next.get(event.jobId) ?? 0;',
    replace: 'const expected = next.get(event.jobId) ?? event.revision;',
    tests: [`${folder}/history-missing.test.ts`],
  },
  {
    name: 'streams are read without the event at the position asked for',
    file: 'log/eventstoredb/reader.ts',
    find: 'return events.filter((event) => comparePositions(event.position, end) <= 0);',
    replace: 'return events.filter((event) => comparePositions(event.position, end) < 0);',
    tests: [conformance],
  },
  {
    name: 'a graph that is found by a scan lacks its first event',
    file: 'log/eventstoredb/reader.ts',
    find: '[graphId, events.filter(isFirst)]',
    replace: '[graphId, [] as RecordedEvent[]]',
    tests: [conformance, `${folder}/history-missing.test.ts`],
  },
  {
    name: 'an older snapshot replaces a newer one (EventStoreDB)',
    file: 'log/eventstoredb/snapshots.ts',
    find: '    if (last !== null && comparePositions(position, last) < 0) return;\n',
    replace: '',
    tests: [conformance],
  },
  {
    name: 'the start of a snapshot whose writer was interrupted is taken for a whole one',
    file: 'log/eventstoredb/snapshots.ts',
    find: 'const belongs = next === undefined ? chunk.chunk === chunk.chunks - 1 : isBefore(chunk, next);',
    replace: 'const belongs = next === undefined || isBefore(chunk, next);',
    tests: [`${folder}/snapshots.test.ts`],
  },
  {
    name: 'appends that are under way when the server ends the call wait for ever',
    file: 'log/eventstoredb/protocol/batch-appends.ts',
    find: '    for (const { reject } of all) reject(error);\n',
    replace: '',
    tests: [`${folder}/appends.test.ts`],
  },
];
