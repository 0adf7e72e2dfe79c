import type { Position } from '../../../domain/events.js';
import { auditHead, auditProve } from '../../../history/audit/audit.js';
import { verify, type VerifyProgress } from '../../../history/verify/verify.js';
import { record } from '../../../prelude/codec.js';
import { delay } from '../../../prelude/delay.js';
import { endingAtOnce } from '../../../prelude/ending-at-once.js';
import type { Store } from '../../../store/store.js';
import { jsonAnswer, shownError, WebError } from '../answers.js';
import { invalid, none, textUpTo } from '../parameters.js';
import { type Route, route } from '../route.js';
import { comment, eventStreamAnswer, jsonMessage, quietMs } from '../streams.js';
import { Turns } from '../turns.js';

const ProofParameters = record('parameters', { event: textUpTo(60, 1) });
/** How often the progress of a verification is told at most. */
const progressMs = 250;

/** What proves that the log is what it was, and a check of all of it. */
export function auditRoutes(store: Store): readonly Route[] {
  const turns = new Turns(1);
  let running: RunningVerification | null = null;
  return [
    route('GET', 'api/head', none, async ({ signal }) => jsonAnswer(await turns.take(signal, () => auditHead(store)))),
    route('GET', 'api/proof', ProofParameters, async ({ parameters: { event }, signal }) =>
      jsonAnswer(await turns.take(signal, () => auditProve(store, whichEvent(event)))),
    ),
    route('GET', 'api/verify', none, ({ signal }) => {
      if (running !== null) throw new WebError('verification-under-way', 'another verification runs; wait for its end');
      const verification = new RunningVerification(store, () => (running = null));
      running = verification;
      const messages = endingAtOnce(verification.messages(), () => verification.end());
      return Promise.resolve(eventStreamAnswer(messages, signal));
    }),
  ];
}

/** An event by its id, or as `@POSITION`. */
function whichEvent(text: string): { readonly eventId: string } | { readonly position: Position } {
  if (/^@\d{1,20}(\/\d{1,20})?$/.test(text)) return { position: text.slice(1) as Position };
  if (/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)) return { eventId: text };
  throw invalid('parameter event: give the id of an event, or its @POSITION');
}

/** A verification that runs until its end, or until nobody listens any more. */
class RunningVerification {
  private readonly stopping = new AbortController();
  private readonly over = new AbortController();
  private progress: VerifyProgress | null = null;
  private outcome: string | null = null;

  constructor(
    private readonly store: Store,
    onEnd: () => void,
  ) {
    void this.run().finally(onEnd);
  }

  end(): void {
    this.stopping.abort();
    this.over.abort();
  }

  /** Messages of an event stream: `progress` now and then, and at last `done` with what was found, or `failed`. */
  async *messages(): AsyncGenerator<string> {
    const { environment } = this.store;
    let told: VerifyProgress | null = null;
    // So that the browser knows at once that it is connected.
    yield comment;
    let toldAt = environment.monotonic();
    for (; this.outcome === null; await delay(environment, progressMs, this.over.signal)) {
      const isQuiet = environment.monotonic() - toldAt >= quietMs;
      if (this.progress === told && !isQuiet) continue;
      yield this.progress === told ? comment : jsonMessage('progress', this.progress);
      told = this.progress;
      toldAt = environment.monotonic();
    }
    yield this.outcome;
  }

  private async run(): Promise<void> {
    const onProgress = (progress: VerifyProgress) => (this.progress = progress);
    try {
      const found = await verify(this.store, { onProgress, signal: this.stopping.signal });
      this.outcome = jsonMessage('done', found);
    } catch (error) {
      this.outcome = jsonMessage('failed', shownError(error));
    }
    this.over.abort();
  }
}
