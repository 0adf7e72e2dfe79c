/** Bugs in the archives of an SQLite file. */
import type { Mutation } from './mutation.js';

const laws = 'test/log/sqlite/archive-laws.test.ts';
const files = 'test/log/sqlite/archive-files.test.ts';
const index = 'test/log/sqlite/archive-index.test.ts';
const crashes = 'test/log/sqlite/archive-crashes.test.ts';
const graphs = 'test/store/archive-graphs.test.ts';
const conformance = 'test/conformance/sqlite-archived.test.ts';

export const archiveMutations: readonly Mutation[] = [
  {
    name: 'an archive that was changed is believed',
    file: 'log/sqlite/archive/archive-folder.ts',
    find: 'if (!sha256(bytes).equals(hash)) throw',
    replace: 'if (hash.length === 0) throw',
    tests: [files],
  },
  {
    name: 'an archive that is missing counts as empty',
    file: 'log/sqlite/archive/archived-events.ts',
    find: '    return this.statements().unpacked.of(member);\n',
    replace: `    try {
      return this.statements().unpacked.of(member);
    } catch {
      return { size: 0, positions: [], indexAfter: () => 0, rows: () => [], rowsOf: () => [] } as never;
    }
`,
    tests: [files],
  },
  {
    name: 'what is archived of a graph is put in the order of the first events of its pieces',
    file: 'log/sqlite/archive/directory.ts',
    find: 'return ids.map((id) => this.byId.get(id) ?? impossible(this.db, id));',
    replace: 'return ids.map((id) => this.byId.get(id) ?? impossible(this.db, id)).sort((a, b) => a.first - b.first);',
    tests: [files],
  },
  {
    name: 'what looks like the mark of a graph in the data of another event is taken for an event of it',
    file: 'log/sqlite/archive/member.ts',
    find: '      if (row[1] === graphId && (job === undefined || row[2] === job)) rows.push(row);\n',
    replace: '      rows.push(row);\n',
    tests: [laws],
  },
  {
    name: 'a graph that a piece is not listed for is not missed by a check',
    file: 'log/sqlite/archive/index-check.ts',
    find: 'graphs.size === listed.size && ',
    replace: 'listed.size === 0 || ',
    tests: [index],
  },
  {
    name: 'members that lie among those of an earlier run are passed over',
    file: 'log/sqlite/archive/directory.ts',
    find: 'this.lasts = this.members.map((member) => (last = Math.max(last, member.last)));',
    replace: 'this.lasts = this.members.map((member) => (last = member.last));',
    tests: [laws],
  },
  {
    name: 'of a log that is read in order, everything archived comes before everything else',
    file: 'log/sqlite/log-rows.ts',
    find: '.sort(inOrder).slice(0, limit)',
    replace: '.slice(0, limit)',
    tests: [laws],
  },
  {
    name: 'the last events of a stream are those of its archive, whatever was appended since',
    file: 'log/sqlite/log-rows.ts',
    find: 'archived - (last - kept) + 1',
    replace: 'archived - last + 1',
    tests: [laws],
  },
  {
    name: 'a moment is looked up among the events that are not archived alone',
    file: 'log/sqlite/log-rows.ts',
    find: 'Math.max(kept() ?? 0, this.archived.positionAt(moment)) || null',
    replace: 'kept()',
    tests: [laws],
  },
  {
    name: 'archived events are not counted where a log is cut into pieces',
    file: 'log/sqlite/log-rows.ts',
    find: '() => this.placesOf(Number(upTo), choose, this.archived),',
    replace: '() => this.placesOf(Number(upTo), choose, null),',
    tests: [laws],
  },
  {
    name: 'a reader that has looked once does not look for new archives any more',
    file: 'log/sqlite/log-rows.ts',
    find: '      this.archived.look();\n      return both();',
    replace: '      return both();',
    tests: [laws, conformance],
  },
  {
    name: 'a stream whose events are all archived counts as empty',
    file: 'log/sqlite/writer.ts',
    find: 'return kept ?? (this.readArchivedHead.get(stream) as number | undefined) ?? -1;',
    replace: 'return kept ?? -1;',
    tests: [conformance],
  },
  {
    name: 'an archive that is away makes all appends of a group fail',
    file: 'log/sqlite/writer.ts',
    find: '      if (problem instanceof LogError) return { appended: false, actualRevision: null, problem };\n',
    replace: '',
    tests: [files],
  },
  {
    name: 'any event may be deleted once archives exist',
    file: 'log/sqlite/schema.ts',
    find: 'where stream = old.stream and revision >= old.revision and old.position between first and last)',
    replace: 'where old.position > 0)',
    tests: [index],
  },
  {
    name: 'the last event of the log may be deleted, so that its position is given out again',
    file: 'log/sqlite/archive/mover.ts',
    find: '  where e.position > ? and e.position <= ? and e.position < (select max(position) from events)',
    replace: '  where e.position > ? and e.position <= ?',
    tests: [crashes],
  },
  {
    name: 'a file that was cut off is never removed',
    file: 'log/sqlite/archive/archive-index.ts',
    find: '      this.folder.discard(id);\n',
    replace: '',
    tests: [crashes],
  },
  {
    name: 'a file of another store is written over',
    file: 'log/sqlite/archive/archive-index.ts',
    find: '      if (!this.folder.has(id)) return id;\n      this.deleteFile.run(id);\n',
    replace: '      if (id > 0) return id;\n',
    tests: [crashes, files],
  },
  {
    name: 'two runs go on side by side',
    file: 'log/sqlite/archive/run-lock.ts',
    find: "    lock.exec('begin exclusive');\n",
    replace: '',
    tests: [crashes],
  },
  {
    name: 'graphs in which something can still run are archived',
    file: 'store/archive-graphs.ts',
    find: 'else if (!state.isSettled) this.notOver += 1;',
    replace: 'else if (state.existsFrom === null) this.notOver += 1;',
    tests: [graphs],
  },
  {
    name: 'graphs are archived whatever their age',
    file: 'log/sqlite/archive/mover.ts',
    find: 'having max(e.position) <= ? and events > 0',
    replace: 'having ? > 0 and events > 0',
    tests: [graphs],
  },
  {
    name: 'positions that no archive holds are taken for archived',
    file: 'log/sqlite/storage-check.ts',
    find: 'events + archiveTotals(db).events === last) return [];',
    replace: 'archiveTotals(db).events >= 0) return [];',
    tests: [index],
  },
  {
    name: 'a graph of which a part is archived counts as over',
    file: 'log/sqlite/graphs-search.ts',
    find: 'select name, isParted or (',
    replace: 'select name, (',
    tests: [files],
  },
];
