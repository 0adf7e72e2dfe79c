/** Bugs between a browser and a store: who is let in, what is told, and what is done for one that is gone. */
import type { Mutation } from './mutation.js';

const safety = 'test/web/server/safety.test.ts';
const following = 'test/web/server/following.test.ts';

export const webMutations: readonly Mutation[] = [
  {
    name: 'whatever host is named, the server takes itself for it',
    file: 'web/server/access.ts',
    find: 'if (loopbackNames.includes(flat) ||',
    replace: 'if (flat !== "" ||',
    tests: [safety],
  },
  {
    name: 'a page of another port of this machine counts as the own one',
    file: 'web/server/access.ts',
    find: 'new URL(`${protocol}//${own}`).host === host',
    replace: 'new URL(`${protocol}//${own}`).hostname === new URL(origin).hostname',
    tests: [safety],
  },
  {
    name: 'a change is made though nothing says which page asks for it',
    file: 'web/server/access.ts',
    find: 'if (isChange && origin === null && site === null) {',
    replace: 'if (false) {',
    tests: [safety],
  },
  {
    name: 'the page is all that a token guards',
    file: 'web/server/web-handler.ts',
    find: '!open.includes(route)',
    replace: 'route.isPage',
    tests: ['test/web/server/sessions.test.ts'],
  },
  {
    name: 'while guesses are too many, the right token is still taken',
    file: 'web/server/sessions.ts',
    find: 'if (this.guessesLeft <= 0) {',
    replace: 'if (this.guessesLeft <= 0 && !timingSafeEqual(sha256(token), this.tokenHash)) {',
    tests: ['test/web/server/sessions.test.ts'],
  },
  {
    name: 'a body is read whole before it is measured',
    file: 'web/server/parameters.ts',
    find: 'if (bytes > bytesMax) throw tooLarge();',
    replace: '',
    tests: [safety],
  },
  {
    name: 'a handler that only looks could write',
    file: 'web/server/reading-store.ts',
    find: '    append: refused,\n',
    replace: '',
    tests: ['test/web/server/operating.test.ts'],
  },
  {
    name: 'a browser that is gone leaves its subscriptions behind',
    file: 'web/server/follow.ts',
    find: '    this.notices?.close();\n  }\n\n  async *messages',
    replace: '  }\n\n  async *messages',
    tests: [following],
  },
  {
    name: 'events are read ahead for a browser that takes none',
    file: 'web/server/streams.ts',
    find: '{ highWaterMark: 0 }',
    replace: '{ highWaterMark: 1000 }',
    tests: [following],
  },
  {
    name: 'a browser that is connected again hears all from the start',
    file: 'web/server/routes/graphs.ts',
    find: 'lastEventId(request) ?? parameters.after',
    replace: 'parameters.after',
    tests: [following],
  },
  {
    name: 'a graph that had ended and goes on stays in the list as it was',
    file: 'web/server/known-graphs.ts',
    find: 'if (this.state === null) return false;',
    replace: 'if (this.state === null) return true;',
    tests: ['test/web/server/graph-list.test.ts'],
  },
  {
    name: 'a graph that has changed since is shown at a moment as it is now',
    file: 'web/server/known-graphs.ts',
    find: 'comparePositions(known.last, asOf) > 0',
    replace: 'comparePositions(known.existsFrom, asOf) > 0',
    tests: ['test/web/server/graph-list.test.ts'],
  },
  {
    name: 'a history that was read ahead is shown though its graph has gone on',
    file: 'web/server/recent-histories.ts',
    find: 'for (const histories of [this.begun, this.whole]) {',
    replace: 'for (const histories of [this.begun]) {',
    tests: ['test/web/server/graph-list.test.ts'],
  },
  {
    name: 'a graph with a gap in its history is shown as if it were whole',
    file: 'web/server/recent-histories.ts',
    find: 'if (hasGap(history))',
    replace: 'if (history.length === 0)',
    tests: ['test/web/server/graph-list.test.ts'],
  },
  {
    name: 'histories that are read ahead are held without bound',
    file: 'web/server/recent-histories.ts',
    find: 'events.length < limit || this.heldBytes > held.bytesMax',
    replace: 'events.length < limit',
    tests: ['test/web/server/graph-list.test.ts'],
  },
  {
    name: 'a search that was cut short looks like one that is over',
    file: 'web/server/graph-list.ts',
    find: 'page.next === null && walk.cutAt !== null',
    replace: 'false && walk.cutAt !== null',
    tests: ['test/web/server/graph-list.test.ts'],
  },
];
