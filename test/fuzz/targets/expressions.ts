/** Expressions about a state, and text as it is printed. */
import { cleanText } from '../../../src/prelude/clean-text.js';
import { cutLine, widthOf, wrapped } from '../../../src/cli/output/width.js';
import { readExpression } from '../../../src/history/bisect/expression.js';
import { graphShape } from '../../../src/history/bisect/state-shapes.js';
import { E } from '../../../src/prelude/fp.js';
import { frozen } from '../../../src/prelude/json.js';
import { text } from '../inputs.js';
import { accepted, demand, refused, target } from '../target.js';

const state = frozen({
  number: 3,
  at: 5,
  status: 'failed',
  count: { failed: 1 },
  labels: { team: 'x', __proto__x: 'y' },
  jobs: {
    a: { attempt: 2, status: 'failed', result: { rows: [1, 2, { deep: null }] } },
    'page-1': { attempt: 0, status: 'waiting' },
  },
});
const rising = ['number', 'at', 'jobs.*.attempt'];

const expression = target({
  name: 'expression',
  kind: text,
  seeds: [
    'status == "failed" || jobs.a.attempt >= 2',
    'jobs["page-1"].status in ["waiting", "ready"] && !(count.failed > 0)',
    'number > 2 && 1 <= jobs.a.attempt',
    '(number + 1) * 2 % 3 - -1 / 4 == 0 ? labels.team : null',
    'jobs.a.result.rows[2].deep == null',
  ],
  words: [
    'status',
    'jobs',
    '.a',
    '["page-1"]',
    '.attempt',
    ' >= ',
    ' && ',
    ' || ',
    ' in ',
    '[',
    ']',
    '(',
    ')',
    '!',
    '-',
    '? 1 : 2',
    'constructor',
    '.__proto__',
    '.constructor("x")()',
    'this',
    '=> 1',
    '`${1}`',
    '"',
    "'",
    '1e400',
  ],
  inputs: 2500,
  decode(input) {
    const read = readExpression(input, rising);
    if (E.isLeft(read)) return refused(read.left);
    const unknown = read.right.unknownIn(graphShape(['a', 'page-1']));
    const said = unknown === null ? [] : [unknown];
    let value: unknown;
    try {
      value = read.right.evaluate(state);
    } catch (error) {
      demand(error instanceof Error && error.name === 'ExpressionError', String(error));
      return accepted(...said, error.message);
    }
    demand(typeof value !== 'function' && typeof value !== 'symbol', 'it gives a function');
    demand(
      typeof value !== 'object' ||
        value === null ||
        Object.getPrototypeOf(Object.getPrototypeOf(value) ?? {}) !== undefined,
      'it gives a prototype',
    );
    if (read.right.isMonotonic && Boolean(value)) {
      const later = {
        ...state,
        number: 9,
        at: 9,
        jobs: { a: { ...state.jobs.a, attempt: 9 }, 'page-1': { ...state.jobs['page-1'], attempt: 9 } },
      };
      demand(Boolean(read.right.evaluate(later)), 'it does not stay true, and is said to');
    }
    return accepted(...said);
  },
});

const printed = target({
  name: 'printed-text',
  kind: text,
  seeds: ['plain words', `two\nlines\u001b[31m and colours \u202e`, 'e\u0301 ü 🦀 👩‍👩‍👧 ﷽ 漢字', 'a'.repeat(300)],
  inputs: 1500,
  cpuMsMax: 400,
  isTotal: true,
  decode(input) {
    const clean = cleanText(input.slice(0, 4000));
    demand(cleanText(clean) === clean, 'cleaned twice, it is another text');
    demand(widthOf(cutLine(clean, 40)) <= 40, 'a line is not cut');
    const lines = wrapped(clean, 40);
    demand(lines.join('').replaceAll(' ', '') === clean.replaceAll(' ', ''), 'something is lost where it is broken');
    return accepted(clean.slice(0, 1000), ...lines.slice(0, 5));
  },
});

export const expressionTargets = [expression, printed];
