/** A store with the page served over it, for tests in a browser: the page as its sources are now, whatever was built before. */
import { bundlePage } from '../../../scripts/page-bundle.js';
import { type Store, webHandler, type WebOptions } from '../../../src/index.js';
import { listen, type Listening } from '../../../src/web/server/listen.js';
import { temporaryFolder } from '../../support/stores.js';

let bundled: Promise<string> | null = null;

async function bundle(): Promise<string> {
  const folder = temporaryFolder();
  await bundlePage(folder);
  return folder;
}

/** The folder with the files of the page, bundled once. */
export const pageFiles = (): Promise<string> => (bundled ??= bundle());

export class Served {
  private constructor(
    private readonly listening: Listening,
    readonly url: string,
  ) {}

  static async over(db: Store, options: WebOptions = {}): Promise<Served> {
    const listening = await listen(webHandler(db, { page: await pageFiles(), ...options }), '127.0.0.1', 0);
    return new Served(listening, `http://127.0.0.1:${listening.port}${options.path ?? '/'}`);
  }

  /** The address of a place on the page. */
  at(place: string): string {
    return `${this.url}#/${place}`;
  }

  async close(): Promise<void> {
    await this.listening.close();
  }
}
