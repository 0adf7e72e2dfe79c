/** The log of the command line's workers, as machines read it: one JSON line each, in the form of pino's. */
import { workerLog } from '../../src/cli/process/worker-log.js';
import type { Terminal } from '../../src/cli/output/terminal.js';
import { LogError } from '../../src/log/event-log.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('the log of a worker');

/** The lines that are written at a level and above. */
function linesOf(level: 'debug' | 'info' | 'silent', write: (logger: ReturnType<typeof workerLog>) => void) {
  let text = '';
  const terminal = { isJson: true, tellJson: (lines: string) => (text += lines) } as unknown as Terminal;
  write(workerLog(level, terminal));
  assert.ok(text === '' || text.endsWith('\n'));
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

spec.test('given details, a line has them between who says it and the message', () => {
  const [line] = linesOf('info', (logger) => logger.info({ jobId: 'a', attempt: 1 }, 'job finished'));
  assert.equal(Object.keys(line!), ['level', 'time', 'pid', 'hostname', 'jobId', 'attempt', 'msg']);
  assert.equal([line!['level'], line!['pid'], line!['msg']], [30, process.pid, 'job finished']);
  assert.is(new Date(line!['time'] as string).toISOString(), line!['time']);
});

spec.test('lines below the level are not written, and none if it is silent', () => {
  const all = (logger: ReturnType<typeof workerLog>) => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]({}, level);
  };
  assert.equal(
    linesOf('debug', all).map(({ level }) => level),
    [20, 30, 40, 50],
  );
  assert.equal(
    linesOf('info', all).map(({ msg }) => msg),
    ['info', 'warn', 'error'],
  );
  assert.equal(linesOf('silent', all), []);
});

spec.test('given an error, its class, code, words and stack are there, with the stack of its cause', () => {
  const error = new LogError('store-locked', 'it is locked', { cause: new TypeError('the reason'), isTransient: true });
  const [line] = linesOf('info', (logger) => logger.error({ err: error }, 'trouble'));
  const { stack, ...rest } = line!['err'] as { readonly stack: string };
  assert.equal(rest, {
    type: 'LogError',
    message: 'it is locked',
    code: 'store-locked',
    isTransient: true,
    outcomeUnknown: false,
  });
  assert.match(stack, /^LogError: it is locked\n[\s\S]*\ncaused by: TypeError: the reason\n/);
});

spec.test(
  'given something thrown that is no error, or details that JSON cannot hold, a line is written even so',
  () => {
    const circle: Record<string, unknown> = { inside: 1n };
    circle['self'] = circle;
    const lines = linesOf('info', (logger) => {
      logger.error({ err: 'a text' }, 'one');
      logger.error({ err: undefined, circle, kept: true }, 'two');
    });
    assert.equal(
      lines.map(({ err, circle, kept, msg }) => ({ err, circle, kept, msg })),
      [
        { err: { type: 'string', message: 'a text' }, circle: undefined, kept: undefined, msg: 'one' },
        { err: { type: 'undefined', message: 'undefined' }, circle: undefined, kept: true, msg: 'two' },
      ],
    );
  },
);

spec.run();
