/** Bugs in the page of the web UI: what it hears from its server, and which moment it shows. */
import type { Mutation } from './mutation.js';

const following = 'test/web/app/following.test.ts';
const session = 'test/web/app/session.test.ts';
const player = 'test/web/app/player.test.ts';
const models = 'test/web/app/models.test.ts';
const asking = 'test/web/app/asking.test.ts';
const place = 'test/web/app/place.test.ts';

/** What the page hears from its server. */
const sourceMutations: readonly Mutation[] = [
  {
    name: 'a graph that is submitted after its page was opened stays unknown',
    file: 'web/app/source/following.ts',
    find: 'if (!isWhole || graphs.includes(this.graphId)) this.begin();',
    replace: 'if (!isWhole) this.begin();',
    tests: [following],
  },
  {
    name: 'an unknown graph is asked for again after every change of the log',
    file: 'web/app/source/following.ts',
    find: 'if (!isWhole || graphs.includes(this.graphId)) this.begin();',
    replace: 'if (!isWhole || graphs.length > 0) this.begin();',
    tests: [following],
  },
  {
    name: 'a store that cannot be read for a moment ends the page of a graph',
    file: 'web/app/source/following.ts',
    find: 'error.isTransient || (this.position',
    replace: '(this.position',
    tests: [following],
  },
  {
    name: 'a graph is followed from its beginning, whatever of it was read',
    file: 'web/app/source/following.ts',
    find: "'follow'], { after: this.position }",
    replace: "'follow'], { after: null }",
    tests: [following],
  },
  {
    name: 'what was heard before a stream was lost is forgotten, so that all comes again',
    file: 'web/app/source/following.ts',
    find: '    this.position = events.at(-1)!.position;\n',
    replace: '    this.position ??= events.at(-1)!.position;\n',
    tests: [following],
  },
  {
    name: 'after a lost connection, nobody asks what has changed meanwhile',
    file: 'web/app/source/changes.ts',
    find: 'open: () => this.say({ graphs: [], isWhole: false }),',
    replace: 'open: () => {},',
    tests: [following],
  },
  {
    name: 'the first who wants to hear no more of changes ends it for all',
    file: 'web/app/source/changes.ts',
    find: '      if (this.callbacks.size > 0) return;\n',
    replace: '',
    tests: [following],
  },
  {
    name: 'a page that was opened behind another one connects all the same',
    file: 'web/app/source/event-stream.ts',
    find: "    if (document.visibilityState !== 'hidden') this.connect();\n",
    replace: '    this.connect();\n',
    tests: [following],
  },
  {
    name: 'a page that is looked at again stays without a connection',
    file: 'web/app/source/event-stream.ts',
    find: 'else if (this.source === null) this.connect();',
    replace: 'else if (this.source === null) this.clear();',
    tests: [following],
  },
  {
    name: 'a page that nobody looks at asks a server again and again that does not answer',
    file: 'web/app/source/when-seen.ts',
    find: "if (document.visibilityState !== 'hidden') act();",
    replace: 'if (afterMs > 0) act();',
    tests: [asking],
  },
  {
    name: 'an answer that comes late is shown in place of a newer one',
    file: 'web/app/source/asking.ts',
    find: 'if (!this.isOver) this.tell(() => ({ answer, problem: null }));',
    replace: 'this.tell(() => ({ answer, problem: null }));',
    tests: [asking],
  },
  {
    name: 'what changes while a question is under way is never asked for',
    file: 'web/app/source/asking.ts',
    find: 'if (this.isAsking) this.isStale = true;',
    replace: 'if (this.isAsking) return;',
    tests: [asking],
  },
  {
    name: 'while the server is away, what was known is shown no more',
    file: 'web/app/source/asking.ts',
    find: 'this.tell(({ answer }) => ({ answer, problem }));',
    replace: 'this.tell(() => ({ answer: null, problem }));',
    tests: [asking],
  },
  {
    name: 'a character is garbled that comes in two pieces',
    file: 'web/app/source/lines.ts',
    find: '{ stream: true }',
    replace: '{ stream: false }',
    tests: [models],
  },
  {
    name: 'a file whose events were altered is said to be sound',
    file: 'web/app/source/incident.ts',
    find: "if (E.isLeft(read)) return { kind: 'damaged', problem: `line ${index + 1} of the export: ${read.left}` };",
    replace: 'if (E.isLeft(read)) break;',
    tests: [models],
  },
];

/** Which moment is shown, and how one gets there. */
const stateMutations: readonly Mutation[] = [
  {
    name: 'a moment that was chosen does not stay when the graph goes on',
    file: 'web/app/state/graph-session.ts',
    find: "this.withinBounds(place.value.params['at']) ?? this.length.value",
    replace: "Math.max(this.withinBounds(place.value.params['at']) ?? 0, this.length.value)",
    tests: [session],
  },
  {
    name: 'whoever wants the latest is shown it, and then no more of what comes',
    file: 'web/app/state/graph-session.ts',
    find: '    change({ at: null });',
    replace: '    this.moveTo(Infinity);',
    tests: [session],
  },
  {
    name: 'to go to the last event means to follow what comes',
    file: 'web/app/state/graph-session.ts',
    find: '    change({ at: String(Math.min(model.length, Math.max(model.first, Math.round(number)))) });',
    replace: '    change({ at: number >= model.length ? null : String(Math.max(model.first, Math.round(number))) });',
    tests: [session],
  },
  {
    name: 'a moment in a URL that is after the end of the graph is taken as it is',
    file: 'web/app/state/graph-session.ts',
    find: 'return Math.min(this.length.value, Math.max(model.first, Number(text)));',
    replace: 'return Math.max(model.first, Number(text));',
    tests: [session],
  },
  {
    name: 'of a graph that comes in pieces, the last piece is shown alone',
    file: 'web/app/state/graph-session.ts',
    find: 'this.waiting.push(...events);',
    replace: 'this.waiting = [...events];',
    tests: [following],
  },
  {
    name: 'a graph of which only a part is submitted is said to be broken',
    file: 'web/app/state/graph-session.ts',
    find: '    if (!this.waiting.some(completesSubmission)) return;\n',
    replace: '',
    tests: [following],
  },
  {
    name: 'the page of a graph whose submission cannot be read waits for ever',
    file: 'web/app/state/graph-session.ts',
    find: '    if (unread !== null) return this.onFailure(this.unreadable(unread));\n',
    replace: '',
    tests: ['test/web/server/unreadable.test.ts'],
  },
  {
    name: 'a history that was stopped goes on to play',
    file: 'web/app/state/player.ts',
    find: '    cancelAnimationFrame(this.frame);\n',
    replace: '',
    tests: [player],
  },
  {
    name: 'whoever moves back while a history is played is moved on again at once',
    file: 'web/app/state/player.ts',
    find: 'if (here !== shown) at =',
    replace: 'if (here > shown) at =',
    tests: [player],
  },
  {
    name: 'a history is played at the speed at which it happened, whatever was chosen',
    file: 'web/app/state/player.ts',
    find: 'at += (now - before) * this.speed.value;',
    replace: 'at += now - before;',
    tests: [player],
  },
  {
    name: 'a drag on the strip does not stop what is played',
    file: 'web/app/state/graph-session.ts',
    find: '    this.player.stop();\n    this.moveTo(number);',
    replace: '    this.moveTo(number);',
    tests: [session],
  },
  {
    name: 'a filter is lost from the URL when another one is chosen',
    file: 'web/app/state/place.ts',
    find: 'const after = { ...before, ...params };',
    replace: 'const after: Readonly<Record<string, string | null>> = { ...params };',
    tests: [session],
  },
  {
    name: 'whoever goes elsewhere and back finds an earlier moment',
    file: 'web/app/state/place.ts',
    find: '  writeNow();\n  location.hash',
    replace: '  location.hash',
    tests: [session],
  },
  {
    name: 'a graph with a slash in its id has no place',
    file: 'web/app/state/place.ts',
    find: 'path.map(encodeURIComponent)',
    replace: 'path.map(encodeURI)',
    tests: [place],
  },
  {
    name: 'a token in the URL stays there, as a place',
    file: 'web/app/state/place.ts',
    find: '  if (/^#?token=/.test(fragment)) return { path: [], params: {} };\n',
    replace: '',
    tests: [place],
  },
  {
    name: 'the list stays at a later page when a filter changes, where nothing may be',
    file: 'web/app/state/graphs-query.ts',
    find: "return { status: after.join(',') || null, after: null };",
    replace: "return { status: after.join(',') || null };",
    tests: [session],
  },
  {
    name: 'a letter that is typed into a field is taken for a key of the page',
    file: 'web/app/state/keys.ts',
    find: "'input, select, textarea, dialog'",
    replace: "'dialog'",
    tests: [session],
  },
  {
    name: 'while the picture of the graph has the focus, the keys of the page rest',
    file: 'web/app/state/keys.ts',
    find: "'input, select, textarea, dialog'",
    replace: "'input, select, textarea, dialog, [role=application]'",
    tests: [session],
  },
  {
    name: 'the key for the next fault stays at the one where it is',
    file: 'web/app/state/keys.ts',
    find: 'numbers[countUpTo(numbers, now)]',
    replace: 'numbers[countUpTo(numbers, now - 1)]',
    tests: [session],
  },
  {
    name: 'a step by hand does not stop what is played',
    file: 'web/app/state/keys.ts',
    find: "    if (key.key !== ' ') session.player.stop();\n",
    replace: '',
    tests: [session],
  },
];

export const webPageMutations: readonly Mutation[] = [...sourceMutations, ...stateMutations];
