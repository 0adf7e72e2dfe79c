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
/** Ids that say from what they were made; a graph's text is shortened. */
const context = {
  actor: 'me',
  idOf: (name: string) => {
    const [graphId, part, source] = name.split('\n', 3);
    asked.push(part!);
    return `${graphId}/${part} of ${source!.startsWith('{') ? 'the content' : source}`;
  },
};
const graph = large();
const parts = partsOf(graph);
const firstId = 'large/0 of the content';

/** Parts as the log holds them. */
function stored(events: typeof parts, id = firstId) {
  return events.map((event, index) => ({ ...event, id: index === 0 ? id : `${index}` }));
}

function appended(decision: SubmissionDecision) {
  assert.is(decision.kind, 'append');
  return decision.kind === 'append' ? decision.parts : [];
}

const submitting = describe('what a submission appends');

submitting.test(
  'given nothing, then every part, the first the cause of the others, each at the revision that the one before leaves',
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
      parts.map((_, index) => (index === 0 ? firstId : `large/${index} of ${firstId}`)),
    );
    assert.equal(
      all.map(({ event }) => event.causationId),
      parts.map((_, index) => (index === 0 ? null : firstId)),
    );
  },
);

submitting.test(
  'given the parts of one that was cut off, then those that are missing, and no other, as they would have been',
  () => {
    const all = appended(decideSubmission(submissionOf(graph), [], context));
    for (let there = 1; there < parts.length; there++) {
      const missing = appended(decideSubmission(submissionOf(graph), stored(parts.slice(0, there)), context));
      assert.equal(missing, all.slice(there));
    }
  },
);

submitting.test(
  'given a first part under another id, then the others are made from that id, which is their cause',
  () => {
    const missing = appended(decideSubmission(submissionOf(graph), stored(parts.slice(0, 2), 'another'), context));
    assert.equal(
      missing.map(({ event }) => [event.id, event.causationId]),
      parts.slice(2).map((_, index) => [`large/${index + 2} of another`, 'another']),
    );
  },
);

submitting.test('given a graph of many parts, then its content is asked for an id once', () => {
  asked.length = 0;
  appended(decideSubmission(submissionOf(graph), [], context));
  assert.equal(
    asked,
    parts.map((_, index) => `${index}`),
  );
});

submitting.test('given all parts, then nothing, and no id is made', () => {
  asked.length = 0;
  assert.equal(decideSubmission(submissionOf(graph), stored(parts), context), { kind: 'stored' });
  assert.equal(asked, []);
});

submitting.test('given other content, whole or cut off, then a conflict', () => {
  const others = partsOf(large('y'));
  const conflict = { kind: 'conflict' };
  assert.equal(decideSubmission(submissionOf(graph), stored(others), context), conflict);
  assert.equal(decideSubmission(submissionOf(graph), stored(others.slice(0, 1)), context), conflict);
  assert.equal(decideSubmission(submissionOf(graph), stored([parts[0]!, others[1]!]), context), conflict);
  const small = jobGraph({ a: [] }, {}, { id: 'large' });
  assert.equal(decideSubmission(submissionOf(small), stored(parts.slice(0, 1)), context), conflict);
});

submitting.run();
