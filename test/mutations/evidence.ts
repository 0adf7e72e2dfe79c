/** Bugs in what is written down for auditors. */
import type { Mutation } from './mutation.js';

export const evidenceMutations: readonly Mutation[] = [
  {
    name: 'a tree whose size is a power of two is split in the wrong place',
    file: 'evidence/merkle-tree.ts',
    find: 'Math.log2(size - 1)',
    replace: 'Math.log2(size)',
    tests: ['test/evidence/tree-laws.test.ts'],
  },
  {
    name: 'the right and the left of a tree that is not full are exchanged',
    file: 'evidence/merkle-tree.ts',
    find: 'peaks.reduceRight((right, left) => hash.node(left, right))',
    replace: 'peaks.reduceRight((right, left) => hash.node(right, left))',
    tests: ['test/evidence/tree-laws.test.ts'],
  },
  {
    name: 'a proof of consistency takes the first new subtree for an old one',
    file: 'evidence/tree-proofs.ts',
    find: 'if (from >= old.size) root =',
    replace: 'if (from > old.size) root =',
    tests: ['test/evidence/tree-laws.test.ts'],
  },
  {
    name: 'two trees that are joined lose the places of the first',
    file: 'evidence/log-tree.ts',
    find: 'tileEnds: [...front.tileEnds, ...back.tileEnds],',
    replace: 'tileEnds: back.tileEnds,',
    tests: ['test/evidence/log-tree.test.ts'],
  },
  {
    name: 'a redacted message is still in the stack beside it',
    file: 'evidence/redaction.ts',
    find: "  if (steps[0] === 'failure' && inStack.includes(steps[1])) return [stack];\n",
    replace: '',
    tests: ['test/evidence/redaction.test.ts'],
  },
  {
    name: 'data of a user that looks like a mark of redaction is taken for one',
    file: 'evidence/canonical-event.ts',
    find: 'return mentionsRedaction(text) ? jsonText(escapeKeys(value as Json)) : text;',
    replace: 'return text;',
    tests: ['test/conformance/memory.test.ts'],
  },
  {
    name: 'equal values of two events have equal digests, so that one gives the other away',
    file: 'evidence/leaf-content.ts',
    find: 'JSON.stringify([this.eventId, ...path])',
    replace: 'JSON.stringify(path)',
    tests: ['test/evidence/redaction.test.ts'],
  },
];
