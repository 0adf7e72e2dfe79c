/** The questions that `bisect` takes: what they reach, and what they do not. */
import { readExpression } from '../../src/history/bisect/expression.js';
import { assert, describe } from '../support/spec.js';

const rising = ['number', 'jobs.*.attempt'];
const state = {
  number: 12,
  status: 'running',
  count: { failed: 1, finished: 0 },
  labels: { team: 'billing' },
  jobs: {
    report: { status: 'started', attempt: 2, result: { rows: 3 }, endedAt: null },
    'page-1': { status: 'finished', attempt: 1, result: [1, 2] },
  },
};

function ask(text: string): unknown {
  const expression = readExpression(text, rising);
  if (expression._tag === 'Left') throw new Error(expression.left);
  return expression.right.evaluate(state);
}

function isMonotonic(text: string): boolean {
  const expression = readExpression(text, rising);
  if (expression._tag === 'Left') throw new Error(expression.left);
  return expression.right.isMonotonic;
}

const spec = describe('an expression over a state');

spec.test('compares, connects and reckons', () => {
  const answers: readonly (readonly [string, unknown])[] = [
    ['status == "running"', true],
    ["status != 'running'", false],
    ['count.failed > 0 && jobs.report.attempt >= 2', true],
    ['count.failed > 1 || !(jobs.report.status == "finished")', true],
    ['jobs["page-1"].attempt + 1 == jobs.report.attempt', true],
    ['jobs.report.result.rows * 2 - 1 == 5', true],
    ['-count.failed < 0', true],
    ['status in ["running", "failed"]', true],
    ['count.failed ? "some" : "none"', 'some'],
    ['jobs["page-1"].result[1]', 2],
    ['jobs.report.result', { rows: 3 }],
    ['count.finished', 0],
  ];
  for (const [text, answer] of answers) assert.equal(ask(text), answer, text);
});

spec.test('what is not there is null, and less or greater than nothing', () => {
  assert.is(ask('jobs.nobody.attempt'), null);
  assert.is(ask('jobs.nobody == null'), true);
  for (const sign of ['<', '<=', '>', '>=']) assert.is(ask(`jobs.nobody.attempt ${sign} 1`), false, sign);
});

spec.test('nothing but the state can be reached', () => {
  for (const text of [
    'constructor',
    '__proto__',
    'toString',
    'status.length',
    'status["constructor"]',
    'jobs.constructor',
    'jobs["__proto__"]',
    'jobs.report.result.hasOwnProperty',
    'jobs["page-1"].result.map',
    'process',
    'globalThis',
  ]) {
    // A text and an array have a length of their own; nothing that a prototype lends is there.
    const answer = ask(text);
    assert.ok(answer === null, `${text} is ${String(answer)}`);
  }
});

spec.test('what is no expression is refused in a sentence, before anything is asked', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /it is empty/],
    ['status ==', /Expected expression after ==/],
    ['status = "failed"', /it has no operator =|Unexpected/],
    ['process.exit()', /nothing can be called/],
    ['jobs.report.result.toString()', /nothing can be called/],
    ['status === "failed"', /it has no operator ===; write ==/],
    ['status; number', /several expressions/],
    ['status number', /several expressions/],
    ['this', /cannot hold "this"/],
    ['[1,,2]', /has a hole/],
    ['+number', /it has no operator \+/],
    ['1 & 2', /it has no operator &/],
    ['"unclosed', /Unclosed quote/],
    ['(1', /Unclosed \(/],
  ];
  for (const [text, reason] of refused) {
    const read = readExpression(text, rising);
    assert.ok(read._tag === 'Left', `${text} was taken`);
    if (read._tag === 'Left') assert.match(read.left, reason);
  }
});

spec.test('an operator without a meaning says so', () => {
  assert.throws(() => ask('status + 1'), /"running" is not a number/);
  assert.throws(() => ask('status > 1'), /"running" and 1 cannot be put in order/);
  assert.throws(() => ask('jobs < 1'), /an object and 1 cannot be put in order/);
});

spec.test('it is seen where the answer stays yes once it is', () => {
  for (const text of [
    'number >= 3',
    'number > 3 && jobs.report.attempt >= 2',
    'jobs["page-1"].attempt > 0 || 10 <= number',
    '3 < jobs.report.attempt',
  ]) {
    assert.ok(isMonotonic(text), text);
  }
  for (const text of [
    'number < 3',
    'number == 3',
    'number >= count.failed',
    'status == "failed"',
    'count.failed > 0',
    '!(number > 3)',
    'number > 3 && status == "failed"',
    'jobs.report.result.rows > 1',
    'jobs[status].attempt > 1',
    'number > 3 ? true : false',
    'true',
  ]) {
    assert.not(isMonotonic(text), text);
  }
});

spec.test('of any length and shape it has an answer or is refused in one short sentence', () => {
  const row = (terms: number, joint: string) => Array(terms).fill('number').join(joint);
  const taken: readonly string[] = [
    row(999, ' || '),
    row(900, '+'),
    `${'('.repeat(900)}number${')'.repeat(900)}`,
    `${'! '.repeat(900)}number`,
    `jobs${'.a'.repeat(900)}`,
    `${'number ? 1 : '.repeat(500)}2`,
    `number in [${Array(9000).fill('1').join(',')}]`,
    `status == "${'('.repeat(60_000)}"`,
  ];
  for (const text of taken) ask(text);
  const deep = /cannot be asked: it nests, or connects in a row, more than 1000 terms; ask by a function/;
  const refused: readonly (readonly [string, RegExp])[] = [
    [row(7000, '||'), deep],
    [row(5000, ' && '), deep],
    [row(7000, '*'), deep],
    [row(5000, ' in '), deep],
    ['('.repeat(30_000), deep],
    [`number${'['.repeat(30_000)}`, deep],
    [`${'!'.repeat(60_000)}number`, deep],
    [`${'- '.repeat(30_000)}number`, deep],
    [`jobs${'.a'.repeat(30_000)}`, deep],
    [`jobs${'["a"]'.repeat(12_000)}`, deep],
    [`${'number ? 1 : '.repeat(5000)}2`, deep],
    [`${'['.repeat(20_000)}${']'.repeat(20_000)}`, deep],
    [`f${'('.repeat(20_000)}`, deep],
    [row(60_000, ' '), /it has 419999 characters, and at most 65536 are taken/],
    [row(9000, ' '), /it is several expressions/],
    [`"${'x'.repeat(60_000)}`, /Unclosed quote/],
  ];
  for (const [text, sentence] of refused) {
    const read = readExpression(text, rising);
    assert.is(read._tag, 'Left', text.slice(0, 40));
    if (read._tag === 'Left') assert.match(read.left.replace(/x{9,}|"number.*…"/g, '…'), sentence, text.slice(0, 40));
  }
  const read = readExpression(row(7000, '||'), rising);
  assert.ok(read._tag === 'Left' && read.left.length < 600);
});

spec.run();
