import type { Mutation } from './mutation.js';

const feed = 'test/store/shares-of-a-feed.test.ts';
const choice = 'test/worker/shares.test.ts';
const sqlite = 'test/conformance/sqlite.test.ts';
const open = 'test/store/open-graphs.test.ts';

/** Known bugs of following a share of a log. */
export const shareMutations: readonly Mutation[] = [
  {
    name: 'a share of an SQLite log is told nothing of the namespace itself',
    file: 'log/sqlite/share-queries.ts',
    find: "  or g.name = ''\n",
    replace: '',
    tests: [sqlite],
  },
  {
    name: 'a share of an SQLite log is not told of graphs with priorities elsewhere',
    file: 'log/sqlite/share-queries.ts',
    find: '    and ${givesPriority}\n',
    replace: '    and false\n',
    tests: [sqlite],
  },
  {
    name: 'letters are put into other partitions by SQLite than by workers',
    file: 'log/sqlite/share-queries.ts',
    find: '${lastCode} + 9 * (${lastCode} >> 6)',
    replace: '${lastCode} + 8 * (${lastCode} >> 6)',
    tests: [sqlite],
  },
  {
    name: 'a graph of which a job has not ended is said to be over',
    file: 'log/sqlite/graphs-search.ts',
    find: 'jobs = named and ends = named and ',
    replace: 'ends = jobs and ',
    tests: [open],
  },
  {
    name: 'the last graphs of a search are not looked at',
    file: 'log/sqlite/graphs-search.ts',
    find: 'return this.lookedAt < this.touched.length;',
    replace: 'return this.lookedAt + graphsAtOnce <= this.touched.length;',
    tests: [open],
  },
  {
    name: 'all partitions are searched from the position that one of them is known at',
    file: 'log/sqlite/graphs-search.ts',
    find: 'then ${askedFrom(position)}`',
    replace: 'then ${askedFrom(from[0]!)}`',
    tests: [open],
  },
  {
    name: 'a worker that begins with a share does not ask for graphs with priorities elsewhere',
    file: 'store/live-feed.ts',
    find: 'for (const partition of await this.known.withPriorities(others, position)) this.priorities.add(partition);',
    replace: '',
    tests: [feed],
  },
  {
    name: 'a share that is taken lacks what has come since its snapshot',
    file: 'store/live-feed.ts',
    find: 'for (const event of histories.events) this.projection.fold(event);',
    replace: '',
    tests: [feed],
  },
  {
    name: 'a graph that was reopened while nobody followed it is not known once it is followed',
    file: 'store/live-feed.ts',
    find: "if (type === 'JobReset' || type === 'GraphReset') open.add(graphId);",
    replace: 'if (graphId === type) open.add(graphId);',
    tests: [feed],
  },
  {
    name: 'graphs of a partition that was left are still there',
    file: 'store/live-feed.ts',
    find: '      } else this.projection.forget(graph);\n    }\n    for',
    replace: '      }\n    }\n    for',
    tests: [feed],
  },
  {
    name: 'partitions that are not followed can be left, and are thought to be empty then',
    file: 'store/live-feed.ts',
    find: 'new Set([...partitions].filter((partition) => this.followed.has(partition)))',
    replace: 'new Set(partitions)',
    tests: [feed],
  },
  {
    name: 'a share of an SQLite log is not told of jobs with priorities of their own elsewhere',
    file: 'log/sqlite/share-queries.ts',
    find: " where json_type(j.value, '$.priority') is not null)",
    replace: ' where false)',
    tests: [sqlite],
  },
  {
    name: 'the priority of a job does not count',
    file: 'domain/graph.ts',
    find: 'return this.definition.priority ?? this.graph.priority;',
    replace: 'return this.graph.priority;',
    tests: ['test/worker/claims.test.ts'],
  },
  {
    name: 'a graph with a priority in a partition that is not followed goes unnoticed',
    file: 'store/live-feed.ts',
    find: 'if (givesPriority(event)) this.priorities.add(partition);',
    replace: '',
    tests: [feed],
  },
  {
    name: 'a worker that is alone goes on with a share',
    file: 'worker/shares.ts',
    find: 'if (this.others.size === 0) return this.follow(whole);',
    replace: 'if (this.others.size === 0) return;',
    tests: [choice],
  },
  {
    name: 'a worker leaves jobs to workers that have no handler for them',
    file: 'worker/shares.ts',
    find: ' || kindOf(worker.id) !== kindOf(this.options.worker.id)',
    replace: '',
    tests: [choice],
  },
  {
    name: 'a worker with a share never helps others',
    file: 'worker/shares.ts',
    find: 'else this.followMore();',
    replace: '',
    tests: [choice],
  },
  {
    name: 'a worker with a share goes on as if no graph had a priority',
    file: 'worker/shares.ts',
    find: 'if (feed.mayHavePriorities) return this.follow(whole);',
    replace: '',
    tests: [choice],
  },
  {
    name: 'the share of a worker whose process is gone waits as if it were alive',
    file: 'worker/shares.ts',
    find: 'seenAt < now - servesMs || environment.isGone(worker)',
    replace: 'seenAt < now - servesMs',
    tests: [choice],
  },
];
