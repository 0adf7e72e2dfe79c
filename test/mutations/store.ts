/** Bugs between the log and those who use it: submitting, operating, following, reading. */
import type { Mutation } from './mutation.js';

const liveFeed = 'test/store/live-feed.test.ts';
const operate = 'test/store/operate.test.ts';

export const storeMutations: readonly Mutation[] = [
  {
    name: 'a feed that begins at a snapshot reads what came before it once more',
    file: 'store/live-feed.ts',
    find: '    this.projection.position = position;\n    this.savedAt = savedAt;\n',
    replace: '',
    tests: [liveFeed],
  },
  {
    name: 'a feed that begins at a snapshot knows of no pause',
    file: 'store/live-feed.ts',
    find: '    this.projection.restoreWork(await readWorkEvents(this.log, position));\n',
    replace: '',
    tests: ['test/store/live-feed.test.ts'],
  },
  {
    name: 'a graph that is reopened is read to the end of the batch, and the rest of that applied twice',
    file: 'store/live-feed.ts',
    find: 'await this.reopen(graphId, event.position);',
    replace: 'await this.reopen(graphId, events.at(-1)!.position);',
    tests: [liveFeed],
  },
  {
    name: 'a graph of whose submission a part is missing is forgotten by a snapshot',
    file: 'store/live-feed.ts',
    find: 'new Set([...graphs.keys(), ',
    replace: 'new Set([...this.projection.existing().map(({ id }) => id), ',
    tests: [liveFeed],
  },
  {
    name: 'a graph that is to be read again is left out of the snapshot of a worker that stops',
    file: 'store/live-feed.ts',
    find: '...reopened, ',
    replace: '',
    tests: [liveFeed],
  },
  {
    name: 'a graph of which a part is missing is left out of a snapshot, also once it is repaired',
    file: 'store/live-feed.ts',
    find: ', ...this.lost]',
    replace: ']',
    tests: [liveFeed],
  },
  {
    name: 'a graph that is over is left out of a snapshot, though a newer release has gone on with it',
    file: 'store/live-feed.ts',
    find: "history.some(({ type }) => type === 'Unreadable')) this.lost.add(graphId);",
    replace: 'history.length < 0) this.lost.add(graphId);',
    tests: [liveFeed],
  },
  {
    name: 'a snapshot with a changed bit is believed',
    file: 'store/json-snapshot.ts',
    find: 'checksum === checksumOf(position, json) ? read(parsedOrText(json)) : null',
    replace: 'read(parsedOrText(json))',
    tests: ['test/store/json-snapshot.test.ts'],
  },
  {
    name: 'only the first batch of a long log is read',
    file: 'store/live-feed.ts',
    find: 'if (events.length < readBatch) return;',
    replace: 'if (events.length <= readBatch) return;',
    tests: [liveFeed],
  },
  {
    name: 'a retried graph does not fence workers that still hold its jobs',
    file: 'store/operate.ts',
    find: "  await fenceInterrupted(store, graphId, { kind: 'abort', by, message: reason, silent: true });\n  const graph",
    replace: '  const graph',
    tests: [operate],
  },
  {
    name: 'an aborted graph does not fence workers that still hold its jobs',
    file: 'store/operate.ts',
    find: "  await fenceInterrupted(store, graphId, { kind: 'abort', by, message: reason, silent: true });\n}",
    replace: '}',
    tests: [operate],
  },
  {
    name: 'a command for a job that another writer has overtaken is not tried again',
    file: 'store/operate.ts',
    find: 'pending = appends.filter((_, index) => !results[index]!.appended).map((append) => append.jobId!);',
    replace: 'pending = appends.slice(results.length).map((append) => append.jobId!);',
    tests: [operate],
  },
  {
    name: 'a command for a graph that another writer has overtaken is not tried again',
    file: 'store/operate.ts',
    find: 'if (result!.appended) return true;',
    replace: 'return result!.appended;',
    tests: [operate],
  },
  {
    name: 'a pause that another writer has overtaken is not tried again',
    file: 'store/pause.ts',
    find: 'if (result!.appended) return true;',
    replace: 'return result!.appended;',
    tests: [operate],
  },
  {
    name: 'all parts of a graph are sent at once, so that some go in behind the first part of another graph',
    file: 'store/submit.ts',
    find: '[[first!], others]',
    replace: '[[first!, ...others]]',
    tests: ['test/store/submit.test.ts'],
  },
  {
    name: 'a graph counts as stored though its parts were refused',
    file: 'store/submit.ts',
    find: 'if (results.some((result) => !result.appended)) return false;',
    replace: 'if (results.length < appends.length) return false;',
    tests: ['test/store/submit.test.ts'],
  },
  {
    name: 'reading a log ends after its first full batch',
    file: 'store/read-log.ts',
    find: 'if (asked.length < limit || last?.position === upTo) return;',
    replace: 'if (asked.length <= limit || last?.position === upTo) return;',
    tests: [liveFeed],
  },
  {
    name: 'the history of a graph says that it exists before the last part of its submission',
    file: 'store/load-graph.ts',
    find: 'event.data.part === event.data.parts;',
    replace: 'event.data.part >= event.data.parts - 1;',
    tests: ['test/store/submit.test.ts'],
  },
];
