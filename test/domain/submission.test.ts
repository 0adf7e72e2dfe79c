import { jobGraph } from '../../src/index.js';
import { decideSubmission, partsOf, type SubmissionDecision, submissionOf } from '../../src/domain/submission.js';
import { assert, describe } from '../support/spec.js';

/** Many jobs with long args, so that the graph comes in several parts. */
function large(text = 'x'): ReturnType<typeof jobGraph> {
  const jobs = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [
      `job-${index}`,
      { type: 'work', args: { text: text.repeat(20_000), index } },
    ]),
  );
  return jobGraph({ jobs }, {}, { id: 'large' });
}

const asked: string[] = [];
const context = {
  actor: 'me',
  idOf: (name: string) => {
    const [graphId, part] = name.split('\n', 2);
    asked.push(part!);
    return `${graphId}/${part}`;
  },
};
const graph = large();
const parts = partsOf(graph);

function appended(decision: SubmissionDecision) {
  assert.is(decision.kind, 'append');
  return decision.kind === 'append' ? decision.parts : [];
}

const submitting = describe('what a submission appends');

submitting.test(
  'given nothing, then every part, each caused by the one before, at the revision that one leaves',
  () => {
    assert.ok(parts.length > 2);
    const all = appended(decideSubmission(submissionOf(graph), [], context));
    assert.equal(
      all.map(({ event }) => event.event),
      parts,
    );
    assert.equal(
      all.map(({ expectedRevision }) => expectedRevision),
      parts.map((_, index) => index - 1),
    );
    assert.equal(
      all.map(({ event }) => event.id),
      parts.map((_, index) => `large/${index}`),
    );
    assert.equal(
      all.map(({ event }) => event.causationId),
      parts.map((_, index) => (index === 0 ? null : `large/${index - 1}`)),
    );
  },
);

submitting.test(
  'given the parts of one that was cut off, then those that are missing, and no other, as they would have been',
  () => {
    const all = appended(decideSubmission(submissionOf(graph), [], context));
    for (let stored = 1; stored < parts.length; stored++) {
      const missing = appended(decideSubmission(submissionOf(graph), parts.slice(0, stored), context));
      assert.equal(missing, all.slice(stored));
    }
  },
);

submitting.test('given all parts, then nothing, and no id is made', () => {
  asked.length = 0;
  assert.equal(decideSubmission(submissionOf(graph), parts, context), { kind: 'stored' });
  assert.equal(asked, []);
});

submitting.test('given other content, whole or cut off, then a conflict', () => {
  const others = partsOf(large('y'));
  assert.equal(decideSubmission(submissionOf(graph), others, context), { kind: 'conflict' });
  assert.equal(decideSubmission(submissionOf(graph), others.slice(0, 1), context), { kind: 'conflict' });
  assert.equal(decideSubmission(submissionOf(graph), [parts[0]!, others[1]!], context), { kind: 'conflict' });
  const small = jobGraph({ a: [] }, {}, { id: 'large' });
  assert.equal(decideSubmission(submissionOf(small), parts.slice(0, 1), context), { kind: 'conflict' });
});

submitting.run();
