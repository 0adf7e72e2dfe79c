/** A store with the page served over it, for tests in a browser. */
import { type Store, webHandler, type WebOptions } from '../../../src/index.js';
import { listen, type Listening } from '../../../src/web/server/listen.js';

export class Served {
  private constructor(
    private readonly listening: Listening,
    readonly url: string,
  ) {}

  static async over(db: Store, options: WebOptions = {}): Promise<Served> {
    const listening = await listen(webHandler(db, options), '127.0.0.1', 0);
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
