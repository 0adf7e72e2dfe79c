/** What the engine does to the process it lives in: it keeps it no longer than needed, and never brings it down. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { freshNamespace, noServer, serverAddress } from '../../support/eventstoredb.js';
import { assert, describe } from '../../support/spec.js';
import { EsdbFixture } from './esdb-fixture.js';

const esdb = new EsdbFixture();

/** A program in a process of its own, and what it says. */
class Program {
  output = '';
  /** Its exit code, and how long ago it said it had closed everything. */
  readonly ended: Promise<{ readonly code: number | null; readonly lingeredMs: number }>;
  private readonly child: ChildProcess;

  constructor(name: string, ...args: readonly string[]) {
    this.child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, name), ...args]);
    let closedAt = Infinity;
    const listen = (chunk: Buffer) => {
      this.output += chunk.toString();
      if (closedAt === Infinity && this.has('closed')) closedAt = performance.now();
    };
    this.child.stdout!.on('data', listen);
    this.child.stderr!.on('data', listen);
    esdb.atEnd(() => this.child.kill('SIGKILL'));
    this.ended = new Promise((resolve) =>
      this.child.once('close', (code) => resolve({ code, lingeredMs: performance.now() - closedAt })),
    );
  }

  async says(line: string): Promise<void> {
    await eventually(`it says ${line}: ${this.output}`, () => this.has(line) || this.child.exitCode !== null, 15_000);
    assert.ok(this.has(line), this.output);
  }

  go(): void {
    this.child.stdin!.write('go\n');
  }

  private has(line: string): boolean {
    return this.output.split('\n').includes(line);
  }
}

const spec = describe('a process that uses EventStoreDB', { timeoutMs: 20_000 });
spec.afterEach(() => esdb.clear());

const endsByItself = async (address: string) => {
  const program = new Program('short-program.ts', address, freshNamespace());
  const { code, lingeredMs } = await program.ended;
  assert.is(program.output, 'closed\n');
  assert.is(code, 0);
  assert.ok(lingeredMs < 2000, `it stayed for ${Math.round(lingeredMs)} ms`);
};

spec.test(
  'given a program that breaks out of its subscriptions and closes its log, then it ends by itself, at once',
  async () => {
    await endsByItself((await esdb.server()).address);
  },
);

const onServer = 'given such a program on a real server, then it ends by itself as well';
if (noServer === null) spec.test(onServer, () => endsByItself(serverAddress));
else spec.skip(onServer, noServer);

spec.test(
  'given two handles, when the server of one dies, then what is under way on the other is unharmed, and the process lives',
  async () => {
    const [dying, living] = [await esdb.server(), await esdb.server()];
    const program = new Program('two-handles.ts', dying.address, living.address);
    await program.says('ready');
    for (const server of [dying, living]) server.onAppend = () => ({ isWritten: true, answer: 'none' });
    const before = living.received.length;
    program.go();
    await eventually('all is under way', () => dying.received.length > 0 && living.received.length >= before + 21);
    dying.stop();
    await new Promise((resolve) => setTimeout(resolve, 300));
    living.onAppend = () => null;
    living.answerLate();
    await program.says('appended');
    await program.says('saved');
    const { code } = await program.ended;
    assert.is(code, 0, program.output);
    const ids = living.received.flatMap((received) => received.ids);
    assert.is(new Set(ids).size, ids.length, 'nothing had to be sent twice');
  },
);

spec.run();
