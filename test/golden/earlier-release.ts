/** An earlier release itself: built from this repository's history as it was released, and run in a process of its own. */
import { type ChildProcess, execFileSync, type ExecFileSyncOptions, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { putNativePart } from '../api/users-project.js';
import { type Place, temporaryFolder } from '../support/stores.js';

const root = join(import.meta.dirname, '../..');

const git = (...words: readonly string[]) => spawnSync('git', words, { cwd: root, encoding: 'utf8' });

/** The commit of a release: its tag, or else the last commit of the day that the changelog gives it. Null if history lacks it. */
export function commitOf(release: string): string | null {
  const tagged = git('rev-parse', '--verify', '--quiet', `v${release}^{commit}`);
  if (tagged.status === 0) return tagged.stdout.trim();
  const day = new RegExp(`^## ${release.replaceAll('.', String.raw`\.`)} – (\\S+)$`, 'm').exec(
    readFileSync(join(root, 'CHANGELOG.md'), 'utf8'),
  );
  const found = git('log', '-1', `--until=${day?.[1]}T23:59:59Z`, '--format=%H').stdout?.trim();
  if (day === null || found === undefined || found === '') return null;
  const { version } = JSON.parse(git('show', `${found}:package.json`).stdout) as { version: string };
  return version === release ? found : null;
}

/** Builds a release as it was built then, with the packages of its own lock file, outside of this repository. */
export function buildRelease(commit: string): string {
  const folder = temporaryFolder();
  const inFolder: ExecFileSyncOptions = { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] };
  const archive = execFileSync('git', ['archive', commit], { cwd: root, maxBuffer: 1 << 28 });
  execFileSync('tar', ['-x'], { cwd: folder, input: archive });
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['ci', ...flags], inFolder);
  putNativePart(join(folder, 'node_modules/better-sqlite3'));
  execFileSync('npm', ['run', 'build', '--silent'], inFolder);
  return folder;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly failure?: { readonly code: string; readonly message: string };
}

/** A program of that release, on one store. What its calls do stands in `earlier-release.mjs`. */
export class EarlierRelease {
  private asked = 0;

  private constructor(private readonly child: ChildProcess) {}

  static start(folder: string, place: Place): EarlierRelease {
    const words = [join(folder, 'dist/index.js'), place.address, place.namespace];
    const child = fork(join(import.meta.dirname, 'earlier-release.mjs'), words, { execArgv: [] });
    return new EarlierRelease(child);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Rejects with the error of that release, or if its process ends. */
  async call<Result>(name: string, ...args: readonly unknown[]): Promise<Result> {
    const id = (this.asked += 1);
    const answer = new Promise<Answer>((resolve, reject) => {
      const hear = (heard: Answer) => heard.id === id && finish(() => resolve(heard));
      const end = (code: number | null) => finish(() => reject(new Error(`the earlier release ended with ${code}`)));
      const finish = (then: () => void) => {
        this.child.off('message', hear).off('exit', end);
        then();
      };
      this.child.on('message', hear).on('exit', end);
    });
    this.child.send({ id, call: name, args });
    const { result, failure } = await answer;
    if (failure !== undefined) throw Object.assign(new Error(failure.message), { code: failure.code });
    return result as Result;
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null) return;
    await this.call('close');
    const gone = once(this.child, 'exit');
    this.child.disconnect();
    await gone;
  }
}
