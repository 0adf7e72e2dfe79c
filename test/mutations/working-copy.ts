import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { mutated, type Mutation, placeOf } from './mutation.js';

/** What a copy does not need, or shares with the original. */
const left: ReadonlySet<string> = new Set(['node_modules', '.git', 'coverage', '.tmp', 'test-results.json']);

/** A copy of the repository in a temporary folder, into which bugs are put one at a time. */
export class WorkingCopy {
  readonly root: string;
  /** For what is written beside the copy, such as results of tests. */
  readonly besides: string;

  private constructor(private readonly folder: string) {
    this.root = join(folder, 'overseer');
    this.besides = folder;
  }

  /** @param original the root of the repository */
  static of(original: string): WorkingCopy {
    const copy = new WorkingCopy(mkdtempSync(join(tmpdir(), 'overseer-mutations-')));
    const from = resolve(original);
    cpSync(from, copy.root, { recursive: true, filter: (path) => !left.has(relative(from, path)) });
    symlinkSync(join(from, 'node_modules'), join(copy.root, 'node_modules'));
    return copy;
  }

  /** Does something while a bug is in the sources. */
  async with<A>(mutation: Mutation, work: () => Promise<A>): Promise<A> {
    const made = mutated(this.root, mutation);
    if ('problem' in made) throw new Error(`${mutation.name}: ${made.problem}`);
    const path = join(this.root, placeOf(mutation));
    const sound = readFileSync(path);
    writeFileSync(path, made.text);
    try {
      return await work();
    } finally {
      writeFileSync(path, sound);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
