/** A real browser for tests of the page: Debian's Chromium, driven through playwright-core. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Why there is no browser, or null if there is one. */
export const whyNoChromium = existsSync(executablePath)
  ? null
  : `there is no Chromium at ${executablePath} (CHROMIUM_PATH names another place)`;

export interface Appearance {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  /** Whether the page may reach anything but the file it is. */
  readonly offline?: boolean;
  /** How many pixels of the screen a CSS pixel is. */
  readonly ratio?: number;
}

/** What a page said of itself that it should not have: errors, and what its policy forbade. */
export interface Opened {
  readonly page: Page;
  readonly complaints: string[];
  /** Everything that the page asked for. */
  readonly requests: string[];
}

export class Chromium {
  private constructor(private readonly browser: Browser) {}

  static async start(): Promise<Chromium> {
    // Containers have no right to make the sandbox that a desktop has.
    return new Chromium(await chromium.launch({ executablePath, args: ['--no-sandbox'] }));
  }

  /** Opens a page in a profile of its own, and waits for what it shows first. */
  async open(url: string, appearance: Appearance = {}): Promise<Opened> {
    const { width = 1280, height = 800, scheme = 'light', offline = false, ratio = 1 } = appearance;
    const viewport = { width, height };
    const context = await this.browser.newContext({ viewport, colorScheme: scheme, offline, deviceScaleFactor: ratio });
    const page = await context.newPage();
    const [complaints, requests]: [string[], string[]] = [[], []];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(`${error.name}: ${error.message}`));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(url);
    return { page, complaints, requests };
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong with a page, by WCAG 2.2 A and AA and its best practices, in a line each. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  // Not by a script element, which the page's policy refuses.
  await page.evaluate(axeSource);
  return await page.evaluate(async () => {
    interface Found {
      violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
    }
    const { axe } = globalThis as unknown as { axe: { run(): Promise<Found> } };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary = '' }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary}`),
    );
  });
}
