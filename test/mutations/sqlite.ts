/** Bugs in the log in an SQLite file. */
import type { Mutation } from './mutation.js';

const conformance = 'test/conformance/sqlite.test.ts';
const openGraphs = 'test/store/open-graphs.test.ts';

export const sqliteMutations: readonly Mutation[] = [
  {
    name: 'numbers of names, graphs and streams are kept after a transaction that was rolled back',
    file: 'log/sqlite/writer.ts',
    find: '        this.names.forget();\n        this.streams.forget();\n',
    replace: '',
    tests: ['test/log/sqlite/rolled-back.test.ts'],
  },
  {
    name: 'an append that expects a later revision than the stream has is taken',
    file: 'log/sqlite/writer.ts',
    find: 'if (actualRevision !== request.expectedRevision) {',
    replace: 'if (actualRevision > request.expectedRevision) {',
    tests: [conformance],
  },
  {
    name: 'an append of which only a part is there counts as repeated',
    file: 'log/sqlite/writer.ts',
    find: '        there.length === events.length &&\n',
    replace: '',
    tests: [conformance],
  },
  {
    name: 'recorded times go back when the clock does',
    file: 'log/sqlite/writer.ts',
    find: 'const at = Math.max(this.now(), (this.lastAt.get() as number | undefined) ?? 0);',
    replace: 'const at = this.now();',
    tests: [conformance],
  },
  {
    name: 'appends that go in together are taken though one of their streams has moved',
    file: 'log/sqlite/writer.ts',
    find: 'if (this.lengthOf(append) - 1 !== revision) return false;',
    replace: 'if (this.lengthOf(append) - 1 < revision) return false;',
    tests: [conformance],
  },
  {
    name: 'what other processes have written between two commits is passed over',
    file: 'log/sqlite/recent-events.ts',
    find: 'if (before?.upTo === after) {',
    replace: 'if (before !== undefined) {',
    tests: ['test/log/sqlite/recent-events.test.ts'],
  },
  {
    name: 'recent events that were let go are passed over',
    file: 'log/sqlite/recent-events.ts',
    find: 'after: Math.max(after, lastGone),',
    replace: 'after,',
    tests: ['test/log/sqlite/recent-events.test.ts'],
  },
  {
    name: 'appends are answered before they are committed',
    file: 'log/sqlite/writer.ts',
    find: '    this.transact = (requests) => transaction.immediate(requests);\n',
    replace: `    this.transact = (requests) => {
      if (!db.inTransaction) {
        db.exec('begin immediate');
        setTimeout(() => db.open && db.inTransaction && db.exec('commit'), 5);
      }
      return transaction(requests);
    };
`,
    tests: ['test/log/sqlite/durable.test.ts', conformance],
  },
  {
    name: 'of appends that are committed together, each gets the answers of another',
    file: 'log/sqlite/group-commit.ts',
    find: '(from += appends.length)',
    replace: '(from += 1)',
    tests: ['test/conformance/sqlite.test.ts'],
  },
  {
    name: 'readers of this process do not hear of its own commits',
    file: 'log/sqlite/group-commit.ts',
    find: '    this.committed();\n',
    replace: '',
    tests: [conformance],
  },
  {
    name: 'an append gives up at once when the file is locked',
    file: 'log/sqlite/group-commit.ts',
    find: 'isLocked(error) ? group.filter(({ giveUpAt }) => giveUpAt > now) : []',
    replace: 'isLocked(error) ? group.filter(({ giveUpAt }) => giveUpAt > now + this.waitMs) : []',
    tests: ['test/log/sqlite/busy-timeout.test.ts'],
  },
  {
    name: 'the busy time-out is ignored',
    file: 'log/sqlite/connection.ts',
    find: 'this.busyTimeoutMs = options.busyTimeoutMs ?? 5000;',
    replace: 'this.busyTimeoutMs = 5000;',
    tests: ['test/log/sqlite/busy-timeout.test.ts'],
  },
  {
    name: 'a read gives up at once when the file is locked',
    file: 'log/sqlite/when-free.ts',
    find: 'if (!isLocked(error) || performance.now() - startedAt >= waitMs) throw error;',
    replace: 'throw error;',
    tests: ['test/log/sqlite/busy-timeout.test.ts'],
  },
  {
    name: 'nothing is flushed to the disk: synchronous is OFF',
    file: 'log/sqlite/connection.ts',
    find: "db.pragma(`synchronous = ${this.options.synchronous ?? 'FULL'}`);",
    replace: "db.pragma('synchronous = OFF');",
    tests: ['test/log/sqlite/durable.test.ts'],
  },
  {
    name: 'commits are not flushed to the disk unless that is asked for: synchronous is NORMAL',
    file: 'log/sqlite/connection.ts',
    find: "db.pragma(`synchronous = ${this.options.synchronous ?? 'FULL'}`);",
    replace: "db.pragma(`synchronous = ${this.options.synchronous ?? 'NORMAL'}`);",
    tests: ['test/log/sqlite/durable.test.ts'],
  },
  {
    name: 'a file that is opened by its address is flushed less than it should be, unless that is asked for',
    file: 'log/open-log.ts',
    find: "(synchronous ?? 'FULL')",
    replace: "(synchronous ?? 'NORMAL')",
    tests: ['test/log/sqlite/durable.test.ts'],
  },
  {
    name: 'what was written to a file that is gone is acknowledged',
    file: 'log/sqlite/connection.ts',
    find: '    const result = write();\n    this.assertInPlace();\n',
    replace: '    const result = write();\n',
    tests: ['test/log/sqlite/gone.test.ts'],
  },
  {
    name: 'a file that is newer by one format is opened',
    file: 'log/sqlite/schema.ts',
    find: 'if (version > formatVersion) {',
    replace: 'if (version > formatVersion + 1) {',
    tests: ['test/log/sqlite/file.test.ts'],
  },
  {
    name: 'an older file is said to be of the newest format without the steps to it',
    file: 'log/sqlite/schema.ts',
    find: 'for (let version = readFormat(db, path) ?? 0; version',
    replace: 'for (let version = readFormat(db, path) ?? -1; version + 1',
    tests: ['test/log/sqlite/refuses.test.ts'],
  },
  {
    name: 'a full disk is final',
    file: 'log/sqlite/errors.ts',
    find: 'nothing was written, make room and try again`, {\n      ...cause,\n      isTransient: true,\n',
    replace: 'nothing was written, make room and try again`, {\n      ...cause,\n',
    tests: ['test/log/sqlite/full.test.ts'],
  },
  {
    name: 'a subscription passes over what lies after a full batch',
    file: 'log/sqlite/reader.ts',
    find: 'String(hasMore ? last : Math.max(last, end))',
    replace: 'String(Math.max(last, end))',
    tests: [conformance],
  },
  {
    name: 'a subscription takes a full batch for the last one',
    file: 'log/sqlite/reader.ts',
    find: 'const hasMore = events.length === limit;',
    replace: 'const hasMore = events.length > limit;',
    tests: [conformance],
  },
  {
    name: 'a graph is read without the event at the position asked for',
    file: 'log/sqlite/select-events.ts',
    find: '+e.position > ? and +e.position <= ? and',
    replace: '+e.position > ? and +e.position < ? and',
    tests: [conformance],
  },
  {
    name: 'of graphs that are read together, what is beyond the most in one piece is left out',
    file: 'log/sqlite/log-rows.ts',
    find: 'rows === null || rows.length > rowsAtOnceMax ? null : rows',
    replace: 'rows',
    tests: ['test/log/sqlite/graphs-together.test.ts'],
  },
  {
    name: 'events that are stored are read again from the one at the position',
    file: 'log/sqlite/log-rows.ts',
    find: "const [beyond, before] = isForwards ? ['>', '<'] : ['<', '>'];",
    replace: "const [beyond, before] = isForwards ? ['>=', '<'] : ['<', '>'];",
    tests: [conformance],
  },
  {
    name: 'an older snapshot replaces a newer one',
    file: 'log/sqlite/sqlite-log.ts',
    find: ' where excluded.position >= position`',
    replace: '`',
    tests: [conformance],
  },
  {
    name: 'commits of other processes are not noticed',
    file: 'log/sqlite/change-watch.ts',
    find: '    if (version === this.seen) return;\n    this.seen = version;\n    this.notify();\n',
    replace: '    this.seen = version;\n',
    tests: ['test/log/sqlite/change-watch.test.ts'],
  },
  {
    name: 'a graph that was opened again after an abort is left out of those that are open',
    file: 'log/sqlite/graphs-search.ts',
    find: '(submissions = own and ${areFinished})',
    replace: '(${areFinished})',
    tests: [openGraphs],
  },
  {
    name: 'a graph is not open though an event of a newer release is in it',
    file: 'log/sqlite/graphs-search.ts',
    find: 'sum(${isOdd}) as odd',
    replace: '0 as odd',
    tests: [openGraphs],
  },
];
