/** Questions that are asked again after changes: one at a time, and no answer that is older than what is shown. */
import { type Answered, Asking } from '../../../src/web/app/source/asking.js';
import { SourceError } from '../../../src/web/app/source/source.js';
import { eventually } from '../../support/eventually.js';
import { assert, describe } from '../../support/spec.js';
import { freshStore } from '../../support/stores.js';
import { webOver } from '../server/browser.js';
import { PageWorld } from './page-world.js';

const spec = describe('a question that is asked again');
let world: PageWorld;

spec.before(async () => {
  world = new PageWorld(webOver(await freshStore('memory')));
});

interface Question {
  readonly answer: (answer: string) => void;
  readonly fail: (problem: unknown) => void;
}

function asked() {
  const questions: Question[] = [];
  const told: Answered<string>[] = [{ answer: null, problem: null }];
  const ask = () =>
    new Promise<string>((resolve, reject) => questions.push({ answer: resolve, fail: reject as Question['fail'] }));
  const asking = new Asking(ask, (next) => told.push(next(told.at(-1)!)));
  return { asking, questions, told };
}

spec.test('what changes while it is asked leads to one more question, once it is answered', async () => {
  const { asking, questions, told } = asked();
  asking.now();
  asking.soon();
  asking.soon();
  assert.is(questions.length, 1);
  questions[0]!.answer('first');
  await eventually('it is asked again', () => questions.length === 2);
  assert.is(told.at(-1)!.answer, 'first');
  questions[1]!.answer('second');
  await eventually('it is answered', () => told.at(-1)!.answer === 'second');
  asking.end();
});

spec.test('once something else is asked, an answer that comes late is not told', async () => {
  const { asking, questions, told } = asked();
  asking.now();
  asking.end();
  questions[0]!.answer('stale');
  const failing = asked();
  failing.asking.now();
  failing.asking.end();
  failing.questions[0]!.fail(new Error('stale'));
  const fresh = asked();
  fresh.asking.now();
  fresh.questions[0]!.answer('fresh');
  await eventually('the new one is told', () => fresh.told.at(-1)!.answer === 'fresh');
  assert.equal([told.length, failing.told.length], [1, 1]);
});

spec.test('a server that is away for a while is asked again; what was known is shown meanwhile', async () => {
  const { asking, questions, told } = asked();
  const away = new SourceError('server-silent', 'it does not answer', true);
  asking.now();
  questions[0]!.answer('known');
  await eventually('it is told', () => told.at(-1)!.answer === 'known');
  asking.now();
  questions[1]!.fail(away);
  await eventually('that is told', () => told.at(-1)!.problem === away);
  assert.is(told.at(-1)!.answer, 'known');
  await eventually('it is asked again', () => questions.length === 3);
  questions[2]!.answer('back');
  await eventually('the trouble is over', () => told.at(-1)!.answer === 'back');
  assert.is(told.at(-1)!.problem, null);
  asking.end();
});

spec.test('a page that nobody looks at asks when somebody does', async () => {
  const { asking, questions } = asked();
  world.look(false);
  asking.soon();
  const seen = asked();
  const away = new SourceError('server-silent', 'it does not answer', true);
  seen.asking.now();
  seen.questions[0]!.fail(away);
  // A timer that is set later than theirs, and longer, fires later.
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal([questions.length, seen.questions.length], [0, 1]);
  world.look(true);
  await eventually('both ask', () => questions.length === 1 && seen.questions.length === 2);
  asking.end();
  seen.asking.end();
});
spec.run();
