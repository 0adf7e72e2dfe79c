import { fork } from 'node:child_process';
import { join } from 'node:path';

/** Runs a program of the tests of SQLite, in a process of its own, to its end. */
export function runSqliteProgram(
  program: 'locker.ts' | 'copier.ts' | 'checkpointer.ts',
  ...words: readonly string[]
): Promise<void> {
  const child = fork(join(import.meta.dirname, '../log/sqlite', program), words, { execArgv: ['--import', 'tsx'] });
  return new Promise((resolve, reject) => {
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}`))));
  });
}
