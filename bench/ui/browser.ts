/** The web UI as it is used: the real `overseer ui` in a process of its own, and the page in headless Chromium. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { CDPSession, Page } from 'playwright-core';
import type { Chromium } from '../../test/support/chromium.js';
import type { Seen } from './page/watch.js';

const command = join(import.meta.dirname, '../../dist/cli/main.js');

/** Serves a store by `overseer ui`, until it is stopped. */
export class Ui {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async over(address: string): Promise<Ui> {
    const child = spawn(process.execPath, [command, 'ui', '--store', address, '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    process.once('exit', () => child.kill('SIGTERM'));
    let said = '';
    for await (const piece of child.stdout) {
      said += String(piece);
      const [url] = /http:\/\/[^\s"]+\//.exec(said) ?? [];
      if (url !== undefined) return new Ui(child, url);
    }
    throw new Error(`overseer ui does not serve: ${said}`);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}

/** Writes a graph as an incident file. */
export function exportHtml(address: string, graphId: string, file: string): void {
  execFileSync(process.execPath, [command, 'export', graphId, '--store', address, '--html', file]);
}

let watcher: Promise<string> | null = null;

async function bundledWatcher(): Promise<string> {
  const entryPoints = [join(import.meta.dirname, 'page/watch.ts')];
  const { outputFiles } = await build({ entryPoints, bundle: true, format: 'iife', write: false });
  return outputFiles[0]!.text;
}

/** The page, and what is seen on it. */
export class WatchedPage {
  private readonly seen: Seen[] = [];
  private wake = () => {};

  private constructor(
    readonly page: Page,
    readonly cdp: CDPSession,
  ) {}

  /** In a profile of its own, with nothing in its cache. */
  static async at(chromium: Chromium, url: string): Promise<WatchedPage> {
    const { page } = await chromium.open('about:blank', { width: 1440, height: 900 });
    const watched = new WatchedPage(page, await page.context().newCDPSession(page));
    await page.exposeFunction('overseerBenchSaw', (seen: Seen) => watched.take(seen));
    await page.addInitScript(await (watcher ??= bundledWatcher()));
    await page.goto(url, { waitUntil: 'commit' });
    return watched;
  }

  /** What is seen next of a kind. */
  async next<Kind extends Seen['kind']>(kind: Kind, withinMs = 30_000): Promise<Extract<Seen, { kind: Kind }>> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const index = this.seen.findIndex((each) => each.kind === kind);
      if (index >= 0) return this.seen.splice(index, 1)[0] as Extract<Seen, { kind: Kind }>;
      if (performance.now() > deadline)
        throw new Error(`no ${kind} was seen within ${withinMs} ms at ${this.page.url()}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, 200);
      });
    }
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  private take(seen: Seen): void {
    this.seen.push(seen);
    this.wake();
  }
}
