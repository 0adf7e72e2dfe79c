/**
 * How tests are written here. This is the only file that imports uvu, because uvu turns several kinds of broken test
 * silently green: a hook that throws, a thrown value that is not an Error, a suite nobody ran. It also knows no time
 * limit. The cure is a single idea: a test counts as failed from the moment it is registered, and only its own body,
 * having asserted something and ended in time, can change that. Whatever else happens leaves it red.
 */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as uvuAssert from 'uvu/assert';
import { patient } from './patience.js';

/** The result of one test. */
export interface TestResult {
  readonly title: string;
  status: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped. */
  reason?: string;
  /** Everything that was thrown, if it failed; the first line says the most. */
  error?: string;
  durationMs: number;
}

/** What a test file leaves behind for the runner. */
export interface FileResults {
  readonly file: string;
  readonly results: readonly TestResult[];
}

type Body = () => void | Promise<void>;

interface Spec {
  test(title: string, body: Body): void;
  /** Registers a test that cannot run here and now. It is counted, and named together with the reason. */
  skip(title: string, reason: string): void;
  /** Runs once before the first test. If it throws, every test of the suite fails. */
  before(hook: Body): void;
  after(hook: Body): void;
  beforeEach(hook: Body): void;
  /** Runs after each test, also after one that failed. If it throws, that test fails. */
  afterEach(hook: Body): void;
  /** Ends the registration and has the suite run, once the file has been read to its end. */
  run(): void;
}

// The runner's address for the results is taken out of the environment, so that processes which a test starts (some of
// them run tests of their own) do not write theirs over ours.
const resultsFile = process.env['TEST_RESULTS_FILE'];
delete process.env['TEST_RESULTS_FILE'];
/** For whoever only asks whether a test fails: the first that does is the last that runs, and the only result. */
const endsAtFailure = process.env['TEST_ENDS_AT_FAILURE'] !== undefined;
delete process.env['TEST_ENDS_AT_FAILURE'];

const results: TestResult[] = [];
let assertions = 0;
let hasStarted = false;
let suitesToFinish = 0;

/** A suite as it is being written down, and then as it is being run. */
interface Suite {
  readonly name: string;
  readonly timeoutMs: number;
  readonly underneath: ReturnType<typeof suite>;
  readonly hooks: Readonly<Record<'before' | 'after' | 'beforeEach' | 'afterEach', Body[]>>;
  beforeFailures: readonly Error[];
  registered: number;
  skipped: number;
  isClosed: boolean;
}

interface SuiteOptions {
  /** For each test body and for each hook, on a quiet machine (see `patience.ts`). 10 seconds by default. */
  readonly timeoutMs?: number;
  /** What the suite needs and this machine lacks: the whole suite is skipped, with this as the reason. */
  readonly missing?: string | null;
}

/** Starts a suite. */
export function describe(name: string, { timeoutMs = 10_000, missing = null }: SuiteOptions = {}): Spec {
  const own: Suite = {
    name,
    timeoutMs: patient(timeoutMs),
    underneath: suite(name),
    hooks: { before: [], after: [], beforeEach: [], afterEach: [] },
    beforeFailures: [],
    registered: 0,
    skipped: 0,
    isClosed: false,
  };
  // uvu would swallow what its own hooks throw, so it is given two that cannot throw, and ours run inside them.
  own.underneath.before(() => startSuite(own));
  own.underneath.after(() => finishSuite(own));

  const hookInto = (list: Body[]) => (hook: Body) => {
    mustBeOpen(own);
    list.push(hook);
  };
  const skip: Spec['skip'] = (title, reason) => {
    if (reason.trim() === '') throw new Error(`"${title}" is skipped without a reason`);
    const result = register(own, title);
    delete result.error;
    Object.assign(result, { status: 'skipped', reason });
    own.skipped += 1;
    own.underneath.skip();
  };
  return {
    test(title, body) {
      if (missing !== null) return skip(title, missing);
      const isDuplicate = results.some((result) => result.title === `${name} › ${title}`);
      const result = register(own, title);
      own.underneath(title, () => runTest(own, result, isDuplicate ? refuseDuplicate : body));
    },
    skip,
    before: hookInto(own.hooks.before),
    after: hookInto(own.hooks.after),
    beforeEach: hookInto(own.hooks.beforeEach),
    afterEach: hookInto(own.hooks.afterEach),
    run: () => close(own),
  };
}

function mustBeOpen({ name, isClosed }: Suite): void {
  if (isClosed) throw new Error(`"${name}" takes nothing more after its run()`);
}

function register(own: Suite, title: string): TestResult {
  mustBeOpen(own);
  own.registered += 1;
  const error = 'Error: it never ran to its end. Is run() missing, or did the process end before?';
  const result: TestResult = { title: `${own.name} › ${title}`, status: 'failed', error, durationMs: 0 };
  results.push(result);
  return result;
}

function close(own: Suite): void {
  mustBeOpen(own);
  if (own.registered === 0) throw new Error(`"${own.name}" has no tests`);
  // uvu gets confused about whose turn it is when a suite arrives while another one is running.
  if (hasStarted) throw new Error(`"${own.name}" comes too late: await nothing between the suites of a file`);
  own.isClosed = true;
  suitesToFinish += 1;
  own.underneath.run();
}

/** The hooks of a suite that is skipped as a whole do not run: what they would need may be what is missing. */
function isSkipped({ registered, skipped }: Suite): boolean {
  return registered === skipped;
}

async function startSuite(own: Suite): Promise<void> {
  hasStarted = true;
  if (!isSkipped(own)) own.beforeFailures = await failuresOf('a before hook', own.hooks.before, own.timeoutMs);
}

async function finishSuite(own: Suite): Promise<void> {
  const startedAt = performance.now();
  const failures = isSkipped(own) ? [] : await failuresOf('an after hook', own.hooks.after, own.timeoutMs);
  if (failures.length > 0) {
    const result: TestResult = { title: `${own.name} › after`, status: 'failed', durationMs: 0 };
    results.push(result);
    conclude(result, failures, startedAt);
  }
  suitesToFinish -= 1;
  if (suitesToFinish === 0) expectTheProcessToEnd(own.timeoutMs);
}

async function runTest({ hooks, beforeFailures, timeoutMs }: Suite, result: TestResult, body: Body): Promise<void> {
  const startedAt = performance.now();
  const failures = [...beforeFailures];
  if (failures.length === 0) {
    failures.push(...(await failuresOf('a beforeEach hook', hooks.beforeEach, timeoutMs)));
    if (failures.length === 0) failures.push(...(await failuresOfBody(body, timeoutMs)));
    failures.push(...(await failuresOf('an afterEach hook', hooks.afterEach, timeoutMs)));
  }
  conclude(result, failures, startedAt);
  if (endsAtFailure && failures.length > 0) {
    results.splice(0, results.length, result);
    process.exit();
  }
  // uvu is handed the first failure, always an Error, for it to print; the verdict does not depend on what it does.
  if (failures[0]) throw failures[0];
}

/** Runs all of the hooks, also those after one that fails, because each may have something of its own to clean up. */
async function failuresOf(what: string, bodies: readonly Body[], limitMs: number): Promise<Error[]> {
  const failures: Error[] = [];
  for (const body of bodies) {
    try {
      await withinLimit(what, body, limitMs);
    } catch (thrown) {
      failures.push(asError(thrown, what));
    }
  }
  return failures;
}

async function failuresOfBody(body: Body, limitMs: number): Promise<Error[]> {
  assertions = 0;
  const failures = await failuresOf('the test', [body], limitMs);
  if (failures.length === 0 && assertions === 0) failures.push(new Error('a test that asserts nothing'));
  return failures;
}

function refuseDuplicate(): never {
  throw new Error('another test of this file has the same title');
}

/** What runs into the limit cannot be stopped, only left behind: it may still be running during the next test. */
async function withinLimit(what: string, body: Body, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than its ${limitMs} ms`)), limitMs);
  });
  try {
    await Promise.race([Promise.resolve().then(body), limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Errors as data are what this project throws around most, and uvu takes everything that is not an Error for success. */
function asError(thrown: unknown, what: string): Error {
  if (thrown instanceof Error && typeof thrown.stack === 'string') return thrown;
  return new Error(`${what} threw something that is not an Error: ${inspect(thrown)}`);
}

function conclude(result: TestResult, failures: readonly Error[], startedAt: number): void {
  result.durationMs = Math.round(performance.now() - startedAt);
  if (failures.length > 0) {
    result.error = failures.map((failure) => inspect(failure)).join('\n');
  } else {
    result.status = 'passed';
    delete result.error;
  }
}

/** A handle that a test forgot to close would keep the process alive for ever. The timer itself keeps nothing alive. */
function expectTheProcessToEnd(graceMs: number): void {
  setTimeout(() => {
    const holders = process.getActiveResourcesInfo().join(', ');
    const error = `Error: still alive ${graceMs} ms after the last test, because of: ${holders}`;
    results.push({ title: 'the process ends by itself', status: 'failed', error, durationMs: graceMs });
    process.exit();
  }, graceMs).unref();
}

process.on('exit', () => {
  if (results.length === 0) {
    const error = 'Error: this file registered no test';
    results.push({ title: 'the file has tests', status: 'failed', error, durationMs: 0 });
  }
  for (const { title, status, reason, error = '' } of results) {
    if (status === 'skipped') console.log(`  skipped: ${title}\n           ${reason}`);
    if (status === 'failed') console.log(`  failed:  ${title}\n           ${error.split('\n', 1)[0]}`);
  }
  const file: FileResults = { file: relative(process.cwd(), process.argv[1] ?? ''), results };
  if (resultsFile) writeFileSync(resultsFile, JSON.stringify(file));
  if (results.some((result) => result.status === 'failed')) process.exitCode = 1;
});

type Assert = typeof uvuAssert & {
  /**
   * Holds if the promise, or the promise the function returns, is rejected with an Error whose message matches (or with
   * another value that, printed, matches), or with something the predicate accepts.
   */
  rejects(
    subject: Promise<unknown> | (() => Promise<unknown>),
    expected: RegExp | ((thrown: unknown) => boolean),
  ): Promise<void>;
};

/** uvu's assertions, each of which is counted so that a test which makes none can be told, and `rejects`. */
export const assert: Assert = counting({
  ...uvuAssert,
  equal,
  rejects,
});

function equal(...[actual, expects, message]: Parameters<Assert['equal']>): void {
  refuseOpaque(actual, new Set());
  refuseOpaque(expects, new Set());
  uvuAssert.equal(actual, expects, message);
}

async function rejects(...[subject, expected]: Parameters<Assert['rejects']>): Promise<void> {
  let thrown: unknown;
  try {
    await (typeof subject === 'function' ? subject() : subject);
  } catch (error) {
    thrown = error;
    const text = error instanceof Error ? error.message : inspect(error);
    if (expected instanceof RegExp ? expected.test(text) : expected(error)) return;
    throw new Error(`Expected another rejection than this: ${text}`, { cause: thrown });
  }
  throw new Error('Expected a rejection');
}

/** uvu compares by enumerable properties, of which these have none: any two errors are equal to it, any two promises. */
function refuseOpaque(value: unknown, seen: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  if (value instanceof Error || value instanceof Promise) {
    throw new Error(`equal cannot tell one ${value.constructor.name} from another; compare what they hold`);
  }
  seen.add(value);
  const within = value instanceof Map || value instanceof Set ? [...value] : Object.values(value);
  for (const inner of within) refuseOpaque(inner, seen);
}

/** The same functions (and the functions on those functions, like `is.not`), each adding to the count when called. */
function counting<Group extends object>(group: Group): Group {
  const wrap = (value: unknown): unknown => {
    if (typeof value !== 'function' || value === uvuAssert.Assertion) return value;
    const assertion = value as (...args: unknown[]) => unknown;
    const counted: typeof assertion = (...args) => {
      assertions += 1;
      return assertion(...args);
    };
    // `not.ok` is `not` itself, which would go round for ever.
    for (const [key, inner] of Object.entries(value)) {
      Object.assign(counted, { [key]: inner === value ? counted : wrap(inner) });
    }
    return counted;
  };
  return Object.fromEntries(Object.entries(group).map(([key, value]) => [key, wrap(value)])) as Group;
}
