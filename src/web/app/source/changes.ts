import { apiPath } from './ask.js';
import { EventStream } from './event-stream.js';
import type { Changed } from './source.js';

/** Tells everybody on the page of changes, by one connection. */
class Changes {
  private readonly callbacks = new Set<(changed: Changed) => void>();
  private stream: EventStream | null = null;

  /** Whether somebody is told already. Whoever is not the first may have missed what was told before. */
  get isFollowed(): boolean {
    return this.stream !== null;
  }

  tell(callback: (changed: Changed) => void): () => void {
    this.callbacks.add(callback);
    this.stream ??= new EventStream(() => apiPath(['changes']), {
      // After a gap, anything may have changed.
      open: () => this.say({ graphs: [], isWhole: false }),
      lost: () => {},
      messages: { changed: (data) => this.say(JSON.parse(data) as Changed) },
    });
    return () => {
      this.callbacks.delete(callback);
      if (this.callbacks.size > 0) return;
      this.stream?.end();
      this.stream = null;
    };
  }

  private say(changed: Changed): void {
    for (const callback of this.callbacks) callback(changed);
  }
}

export const changes = new Changes();
