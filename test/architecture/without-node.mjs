/**
 * Loads the pure modules as a browser would, with none of Node's globals unless told to keep them, and prints what they
 * make of a list of stored events. `node without-node.mjs EVENTS.json bare|whole`.
 */
import { hash } from 'node:crypto';
import { readdirSync, readFileSync, writeSync } from 'node:fs';
import pureModules from '../../pure-modules.cjs';

const [, , file, mode] = process.argv;
const stored = JSON.parse(readFileSync(file, 'utf8'));
const dist = new URL('../../dist/', import.meta.url);
const filesOf = (room) => readdirSync(new URL(room, dist)).filter((name) => name.endsWith('.js'));
const paths = [
  ...pureModules.rooms.flatMap((room) => filesOf(room).map((name) => `${room}/${name}`)),
  ...pureModules.history.map((name) => `history/${name}.js`),
  'prelude/utf8.js',
];
const globals = ['Buffer', 'process', 'global', 'performance', 'setTimeout', 'setInterval', 'setImmediate'];
if (mode === 'bare') {
  for (const name of globals) delete globalThis[name];
  // Bundlers fill this in for immer.
  globalThis.process = { env: { NODE_ENV: 'production' } };
}
const loaded = Object.assign({}, ...(await Promise.all(paths.map((path) => import(new URL(path, dist))))));

const treeHash = {
  leaf: (content) => hash('sha256', `\u0000${content}`),
  node: (left, right) => hash('sha256', `\u0001${left}${right}`),
  digest: (content) => hash('sha256', `\u0002${content}`),
  plain: (content) => hash('sha256', content),
};
const tree = new loaded.GrowingTree(treeHash);
const events = stored.map(loaded.recordedEvent);
for (const event of stored) tree.add(treeHash.leaf(loaded.leafContent(event, treeHash)));
const states = {};
for (const graphId of new Set(events.map((event) => event.graphId))) {
  const own = events.filter((event) => event.graphId === graphId);
  const graph = new loaded.GraphState(graphId);
  for (const event of own) graph.apply(event);
  states[graphId] = [...graph.jobs.values()].map(({ id, state }) => ({ id, state }));
  states[`timeline of ${graphId}`] = loaded.timelineOf(graphId, own, 0);
}
const counts = loaded.defineProjection({
  name: 'counts',
  initial: {},
  recipe: (draft, { type }) => {
    draft[type] = (draft[type] ?? 0) + 1;
  },
});
const found = {
  hasBuffer: typeof Buffer !== 'undefined',
  refused: stored.map(loaded.whyNotAccepted).filter((reason) => reason !== null),
  bytes: events.map(({ bytes }) => bytes),
  counts: events.reduce((state, event) => loaded.evolved(counts, state, event), counts.initial),
  utf8Bytes: ['a', 'ä', '€', '😀', '\ud800'].map((text) => loaded.utf8Bytes(text)),
  root: tree.root(),
  states,
};
writeSync(1, JSON.stringify(found));
