import { lastPosition } from '../../../store/read-log.js';
import type { Store } from '../../../store/store.js';
import type { WebHandler } from '../../../web/server/web-handler.js';

/**
 * A store that is served for long. Once it is gone for good, since its file was replaced by another one, the next request is
 * answered from what is at its address then. What only was moved away and is back needs no other.
 */
export class ServedStore {
  private reopening: Promise<boolean> | null = null;
  private handler: WebHandler;

  private constructor(
    private store: Store,
    private readonly open: () => Promise<Store>,
    private readonly handlerFor: (store: Store) => WebHandler,
  ) {
    this.handler = handlerFor(store);
  }

  /** @throws what is wrong with the store: it is better said here than on the page */
  static async at(open: () => Promise<Store>, handlerFor: (store: Store) => WebHandler): Promise<ServedStore> {
    return new ServedStore(await readable(open), open, handlerFor);
  }

  readonly answer: WebHandler = async (request) => {
    const response = await this.handler(request);
    const mayBeOther = request.method === 'GET' && response.status === 503 && (await isGone(response.clone()));
    if (!mayBeOther) return response;
    const isThere = await (this.reopening ??= this.reopen().finally(() => (this.reopening = null)));
    return isThere ? await this.handler(request) : response;
  };

  /** What it shows, for people. */
  get place(): Pick<Store, 'address' | 'namespace'> {
    return this.store;
  }

  async close(): Promise<void> {
    await this.store.close();
  }

  private async reopen(): Promise<boolean> {
    try {
      const [before, other] = [this.store, await readable(this.open)];
      this.store = other;
      this.handler = this.handlerFor(other);
      await before.close();
      return true;
    } catch {
      // Nothing is there yet: what is wrong has been said.
      return false;
    }
  }
}

async function readable(open: () => Promise<Store>): Promise<Store> {
  const store = await open();
  try {
    await lastPosition(store.log);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function isGone(response: Response): Promise<boolean> {
  const { error } = (await response.json()) as { readonly error?: { readonly code?: string } };
  return error?.code === 'store-gone';
}
