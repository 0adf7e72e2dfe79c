import { layoutElement } from '../../../evidence/incident-format.js';
import { type Layout, layOut, type LayoutRequest } from '../drawing/lay-out.js';

export interface LayoutQuestion {
  readonly id: number;
  readonly request: LayoutRequest;
}

export interface LayoutAnswer {
  readonly id: number;
  readonly layout: Layout;
}

interface Waiting extends LayoutQuestion {
  readonly resolve: (layout: Layout) => void;
  readonly reject: (error: unknown) => void;
}

/** Asks one worker for layouts. Where there can be none, the page lays out itself. */
class LayoutWorker {
  private readonly worker: Worker | null;
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;
  private isBroken = false;

  constructor() {
    this.worker = startWorker();
    if (this.worker === null) return;
    this.worker.onmessage = ({ data }: MessageEvent<LayoutAnswer>) => {
      this.waiting.get(data.id)?.resolve(data.layout);
      this.waiting.delete(data.id);
    };
    // A worker may be refused only after it was started, by a policy, or because its file is not there.
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.isBroken = true;
      for (const waiting of this.waiting.values()) answerHere(waiting);
      this.waiting.clear();
    };
  }

  ask(request: LayoutRequest): Promise<Layout> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { id: ++this.asked, request, resolve, reject };
      if (this.worker === null || this.isBroken) return answerHere(waiting);
      this.waiting.set(waiting.id, waiting);
      const question: LayoutQuestion = { id: waiting.id, request };
      this.worker.postMessage(question);
    });
  }
}

function answerHere({ request, resolve, reject }: Waiting): void {
  try {
    resolve(layOut(request));
  } catch (error) {
    reject(error);
  }
}

function startWorker(): Worker | null {
  try {
    const held = document.getElementById(layoutElement);
    if (held === null) return new Worker('layout.js');
    return new Worker(URL.createObjectURL(new Blob([held.textContent], { type: 'text/javascript' })));
  } catch {
    return null;
  }
}

let worker: LayoutWorker | null = null;

/** Starts the worker, so that it is there when the graph has been read. */
export function prepareLayout(): void {
  worker ??= new LayoutWorker();
}

/** Where boxes are to be put. */
export function askLayout(request: LayoutRequest): Promise<Layout> {
  prepareLayout();
  return worker!.ask(request);
}
