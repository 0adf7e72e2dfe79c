/** The JSON schema of graph files says of a file what the commands say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { asGraph } from '../../src/cli/input/graph-form.js';
import { dependencyRules } from '../../src/domain/dependency-rules.js';
import { jobGraph } from '../../src/index.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('the schema of graph files');
const path = join(import.meta.dirname, '../../docs/reference/graph-file.schema.json');
const schema = JSON.parse(readFileSync(path, 'utf8')) as {
  readonly $defs: { readonly when: { readonly enum: unknown } };
};
const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);

const job = { type: 'load' };
const ofJobs = (b: object, options: object = {}) => ({ jobs: { a: job, b: { type: 'load', ...b } }, ...options });

/** Files that a command takes. */
const good: Readonly<Record<string, unknown>> = {
  'types and what they depend on': { fetch: [], report: ['fetch'], other: null },
  'the same with options': {
    graph: { fetch: [] },
    args: { day: 1 },
    labels: { team: 'x' },
    priority: -3,
    id: 'monday',
  },
  'jobs in full': ofJobs({ after: ['a'], args: { n: 1 }, timeoutMs: 5, maximumLostLeases: 0 }, { args: {} }),
  'a rule': ofJobs({ after: ['a'], when: 'all-ended' }),
  'all that is spawned below a job': ofJobs({ after: ['a/*', { job: 'a/*' }] }),
  'the same of a type': { list: [], report: ['list/*'] },
  'an optional parent': ofJobs({ after: [{ job: 'a', optional: true }] }),
  'a policy': ofJobs({ retry: { maximumAttempts: 3, jitter: 0, nonRetryable: ['RangeError'] } }, { retry: {} }),
  'a remembered result': ofJobs({ memoize: { key: 'k', maxAgeMs: 1, fresh: false } }),
  'a job that is answered from outside': ofJobs({ external: true }, { retry: { maximumAttempts: 3 } }),
  'the same, and by whom': ofJobs({ external: { for: 'the finance team' }, after: ['a'] }),
  'a job that is not external, and has a limit': ofJobs({ external: false, timeoutMs: 5 }),
  'one with an external job that jobGraph made': JSON.parse(
    JSON.stringify(jobGraph({ jobs: { a: { ...job, external: { for: 'me' } } } })),
  ),
  'one that jobGraph made': JSON.parse(
    JSON.stringify(jobGraph({ jobs: { a: job, b: { ...job, after: ['a/*'], when: 'any-failed' } } })),
  ),
};

/** Files that it refuses, for what they look like. */
const wrong: Readonly<Record<string, unknown>> = {
  nothing: {},
  'a list': [],
  'a type that depends on a text': { fetch: 'other' },
  'an unknown option': { graph: { fetch: [] }, prioritty: 3 },
  'a priority between': ofJobs({}, { priority: 0.5 }),
  'a slash in its id': ofJobs({}, { id: 'a/b' }),
  'labels of numbers': ofJobs({}, { labels: { a: 1 } }),
  'args that are a list': ofJobs({ args: [] }),
  'a job without a type': { jobs: { a: {} } },
  'an unknown field': ofJobs({ afters: ['a'] }),
  'a rule that does not exist': ofJobs({ after: ['a'], when: 'all-end' }),
  'a parent that is a number': ofJobs({ after: [7] }),
  'a parent with an unknown field': ofJobs({ after: [{ job: 'a', option: true }] }),
  'optional that is a text': ofJobs({ after: [{ job: 'a', optional: 'yes' }] }),
  'a parent without a name': ofJobs({ after: [{ optional: true }] }),
  'a time limit of 0': ofJobs({ timeoutMs: 0 }),
  'a policy without attempts': ofJobs({ retry: { maximumAttempts: 0 } }),
  'an unknown field of a policy': ofJobs({ retry: { tries: 3 } }),
  'an external job with a time limit': ofJobs({ external: true, timeoutMs: 5 }),
  'an external job with a policy': ofJobs({ external: { for: 'me' }, retry: {} }),
  'external that is a text': ofJobs({ external: 'me' }),
  'external for nobody': ofJobs({ external: { for: ' ' } }),
  'external with an unknown field': ofJobs({ external: { from: 'me' } }),
  'a remembered result without a key': ofJobs({ memoize: {} }),
};

for (const [title, file] of Object.entries(good)) {
  spec.test(`given ${title}, then the schema and the command take it`, () => {
    assert.ok(validate(file), JSON.stringify(validate.errors));
    assert.ok(Object.keys(asGraph(file, 'file').jobs).length > 0);
  });
}

for (const [title, file] of Object.entries(wrong)) {
  spec.test(`given ${title}, then the schema and the command refuse it`, () => {
    assert.is(validate(file), false);
    assert.throws(() => asGraph(file, 'file'));
  });
}

spec.test('it has the rules of dependencies that there are', () => {
  assert.equal(schema.$defs.when.enum, dependencyRules);
});

spec.run();
