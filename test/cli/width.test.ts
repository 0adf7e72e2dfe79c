/** How wide text is on a terminal: most is counted without the library, and as the library would. */
import fc from 'fast-check';
import stringWidth from 'string-width';
import { widthOf } from '../../src/cli/output/width.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('the width of a line');

const drawn = '·×…←→▁▂▃▄▅▆▇█░▒●';
const others = ['é', 'é', '日本', '🙂', '👩‍👩‍👧', '\u200b', '\u00ad', '–'];
/** What joins what stands before it or after it, and sequences that are no colours. */
const joining = [
  '\u0300',
  '\u0600',
  '\u200d',
  '\ufe0f',
  '\u{1f3fd}',
  '\u0e33',
  '\u001b[2J',
  '\u001b]0;title\u0007',
  '\u009b1m',
];

spec.test(
  'given what this program draws with, colours, and text of any script, then it is what the library says',
  () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme-ascii', maxLength: 8 }),
      fc.constantFrom(...drawn, ...others, ...joining, '\u001b[31m', '\u001b[39m', '\u001b[1;38;5;9m'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const line = pieces.join('');
        assert.is(widthOf(line), stringWidth(line));
      }),
      { numRuns: 2000 },
    );
  },
);

spec.run();
