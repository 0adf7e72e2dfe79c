/** Bugs in the page of the web UI: what it computes and draws, and what the hand does. */
import type { Mutation } from './mutation.js';

const models = 'test/web/app/models.test.ts';
const keys = 'test/web/app/graph-keys.test.ts';
const drawn = 'test/web/app/drawn-graph.test.ts';
const heat = 'test/web/app/heat-strip.test.ts';
const walk = 'test/web/app/walk.test.ts';

/** What is computed and drawn. */
const modelMutations: readonly Mutation[] = [
  {
    name: 'a jump back is folded from a state that is later than the moment',
    file: 'history/moments/graph-states.ts',
    find: 'keyframe.number <= number',
    replace: 'keyframe.number <= number + 1',
    tests: [models],
  },
  {
    name: 'an event that comes again after a lost connection is applied twice',
    file: 'web/app/model/graph-model.ts',
    find: 'if (!this.numbersById.has(event.id)) this.take(event);',
    replace: 'this.take(event);',
    tests: [models],
  },
  {
    name: 'what a worker handed back when it stopped is marked as a fault',
    file: 'web/app/model/graph-model.ts',
    find: "if (event.data.cause === 'released') return null;",
    replace: '',
    tests: [models],
  },
  {
    name: 'the picture stays at the moment that it showed first',
    file: 'web/app/model/moment.ts',
    find: 'if (last?.number === number) return last;',
    replace: 'if (last !== undefined) return last;',
    tests: [drawn],
  },
  {
    name: 'the counts of a group are those of the next status',
    file: 'web/app/model/moment.ts',
    find: 'all[index]! < statusCount) counts[unit * statusCount + all[index]!]! += 1;',
    replace: 'all[index]! < statusCount) counts[unit * statusCount + all[index]! + 1]! += 1;',
    tests: [drawn],
  },
  {
    name: 'a search finds only what is written in the same case',
    file: 'web/app/model/matches.ts',
    find: 'const wanted = search.trim().toLowerCase();',
    replace: 'const wanted = search.trim();',
    tests: [drawn],
  },
  {
    name: 'a job that failed is hidden in its group',
    file: 'web/app/model/drawn-graph.ts',
    find: 'unfoldedOf(jobs, picked) : jobs.filter((index) => picked.has(index));',
    replace: 'unfoldedOf(jobs, picked) : jobs.filter((index) => critical.includes(index));',
    tests: [drawn],
  },
  {
    name: 'a click on the heat strip chooses the job below',
    file: 'web/app/model/heat-strip.ts',
    find: 'const row = Math.floor(y / cell);',
    replace: 'const row = Math.ceil(y / cell);',
    tests: [heat],
  },
  {
    name: 'in the heat strip, two jobs share a cell at the end of each column',
    file: 'web/app/model/heat-strip.ts',
    find: 'places[2 * index] = left + Math.floor(order / rows) * cell;',
    replace: 'places[2 * index] = left + Math.floor(order / (rows + 1)) * cell;',
    tests: [heat],
  },
  {
    name: 'the strip of time shows each event at the place of the next',
    file: 'web/app/model/time-scale.ts',
    find: "if (this.spacing === 'time') return this.ofTime(this.times[number - 1]!);",
    replace: "if (this.spacing === 'time') return this.ofTime(this.times[number] ?? this.times.at(-1)!);",
    tests: [models],
  },
  {
    name: 'a click on an event in a filtered list goes to the one before it',
    file: 'web/app/model/event-filter.ts',
    find: 'numbers.push(index + 1)',
    replace: 'numbers.push(index)',
    tests: [models],
  },
  {
    name: 'bars that overlap hide each other in the lane of a worker',
    file: 'web/app/model/lanes.ts',
    find: 'const lane = free.first ?? count++;',
    replace: 'const lane = free.first ?? (count = 1) - 1;',
    tests: [models],
  },
  {
    name: 'an attempt is shown at the worker of the last one',
    file: 'web/app/model/lanes.ts',
    find: 'owners.get(span.attempt!)',
    replace: '[...owners.values()].at(-1)',
    tests: [models],
  },
  {
    name: 'of two runs, the jobs are told first whose time differs least',
    file: 'web/app/model/comparison.ts',
    find: 'apart(b) - apart(a)',
    replace: 'apart(a) - apart(b)',
    tests: [models],
  },
  {
    name: 'a proof is hashed in the wrong order, and every one is said to be false',
    file: 'web/app/model/proof-steps.ts',
    find: 'hash = isBesideLeft ? treeHash.node(besideHash, hash) : treeHash.node(hash, besideHash);',
    replace: 'hash = treeHash.node(hash, besideHash);',
    tests: [models],
  },
  {
    name: 'a click on a job in a group chooses the group',
    file: 'web/app/drawing/placed-graph.ts',
    find: 'const targets = [...inner, ...outer];',
    replace: 'const targets = [...outer, ...inner];',
    tests: [walk],
  },
  {
    name: 'a name that was cut for a narrow box stays cut in a wide one',
    file: 'web/app/drawing/cut-text.ts',
    find: '`${context.font} ${Math.round(width)} ${text}`',
    replace: '`${context.font} ${text}`',
    tests: [models],
  },
  {
    name: 'on the picture of the graph, an arrow leads past the next box of its layer',
    file: 'web/app/drawing/walk.ts',
    find: '(best, each) => (best === null || distance(each) < distance(best) ? each : best)',
    replace: '(best, each) => (best === null || distance(each) > distance(best) ? each : best)',
    tests: [walk],
  },
];

/** What is seen, and what the hand does. */
const viewMutations: readonly Mutation[] = [
  {
    name: 'the keyboard is held in the picture of the graph: Tab does not leave after the last box',
    file: 'web/app/views/graph-keys.ts',
    find: 'return next !== undefined;',
    replace: 'return focused !== null;',
    tests: [keys],
  },
  {
    name: 'the picture of the graph takes keys that it has no use for',
    file: 'web/app/views/graph-keys.ts',
    find: '    default:\n      return false;',
    replace: '    default:\n      return focused !== null;',
    tests: [keys],
  },
  {
    name: 'a name in the list of graphs is taken for markup',
    file: 'web/app/views/graphs-page.tsx',
    find: "<a href={fragmentOf(['graph', id])}>{cleanText(id)}</a>",
    replace: "<a href={fragmentOf(['graph', id])} dangerouslySetInnerHTML={{ __html: id }} />",
    tests: ['test/web/page/safe.test.ts'],
  },
  {
    name: 'a drag on the strip ends where it began',
    file: 'web/app/views/scrubber.tsx',
    find: 'if (event.currentTarget.hasPointerCapture(event.pointerId)) moveToPointer(event, session, scaleFor);',
    replace: 'if (event.pressure > 1) moveToPointer(event, session, scaleFor);',
    tests: ['test/web/page/looking.test.ts'],
  },
  {
    name: 'on a sharp screen, pictures are blurred',
    file: 'web/app/canvas/sized-canvas.tsx',
    find: '[Math.round(width * ratio), Math.round(height * ratio)]',
    replace: '[width, height]',
    tests: ['test/web/page/looking.test.ts'],
  },
];

export const webPictureMutations: readonly Mutation[] = [...modelMutations, ...viewMutations];
