/**
 * Six processes install one file at the same moment, again and again: a file that is missing, one that is empty, and
 * one of the format before. Each process must find it installed, and the file must be sound.
 *
 *     node --import tsx scripts/soak/install-at-once.ts [rounds, 1000]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, store, verify } from 'overseer';

const processes = 6;
const earlier = join(import.meta.dirname, '../../test/golden/0.1.0.db');

interface Order {
  readonly path: string;
  /** When all of them begin, in milliseconds since the epoch. */
  readonly at: number;
}

if (process.send === undefined) await direct(Number(process.argv[2] ?? 1000));
else obey();

function obey(): void {
  process.on('message', ({ path, at }: Order) => {
    void (async () => {
      while (Date.now() < at);
      process.send!(await installed(path));
    })();
  });
  process.send!('ready');
}

async function installed(path: string): Promise<string> {
  try {
    const db = await store(`sqlite:${path}`);
    await install(db);
    await db.close();
    return 'ok';
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll(path, 'FILE') : String(error);
  }
}

async function direct(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'overseer-soak-'));
  const children = Array.from({ length: processes }, () => fork(import.meta.filename));
  await Promise.all(children.map((child) => answer(child)));
  const failures = new Map<string, number>();
  const fail = (why: string) => failures.set(why, (failures.get(why) ?? 0) + 1);
  for (let round = 0; round < rounds; round++) {
    const path = join(folder, `${round}.db`);
    if (round % 3 === 1) writeFileSync(path, '');
    if (round % 3 === 2) copyFileSync(earlier, path);
    const order: Order = { path, at: Date.now() + 10 };
    const answers = children.map((child) => answer(child));
    for (const child of children) child.send(order);
    for (const each of await Promise.all(answers)) if (each !== 'ok') fail(each);
    const db = await store(`sqlite:${path}`);
    const { problemCount } = await verify(db);
    await db.close();
    if (problemCount > 0) fail('the file is not sound');
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(path + end, { force: true });
  }
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true });
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  console.log(`${rounds} rounds of ${processes} processes: ${failed} failures`);
  for (const [why, count] of failures) console.log(`${count} × ${why}`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function answer(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.once('message', (message) => resolve(message as string)));
}
