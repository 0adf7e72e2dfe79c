import type { Patch } from '../../prelude/json-patch.js';
import { jsonInShort, thousands } from '../../prelude/phrases.js';

const shownMax = 20;
const textMax = 80;

/** The first changes of a patch, one a line: `  /result/rows: 3 → 4`. */
export function patchLines(patch: Patch): string[] {
  const lines = patch.slice(0, shownMax).map((each) => {
    const before = 'before' in each ? jsonInShort(each.before, textMax) : 'nothing';
    const after = 'value' in each ? jsonInShort(each.value, textMax) : 'nothing';
    return `  ${each.path === '' ? 'all of it' : each.path}: ${before} → ${after}`;
  });
  const left = patch.length - lines.length;
  return left === 0 ? lines : [...lines, `  … and ${thousands(left)} more`];
}
