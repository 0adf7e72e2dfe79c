/** What only a server can tell: how all graphs stand, the whole log, and what proves it. */
import type { Position, RecordedEvent } from '../../../domain/events.js';
import type { Problem } from '../../../history/verify/invariants.js';
import { eventOfLine } from '../model/read-lines.js';
import { apiPath, askJson, positionOf } from './server.js';

/** How many jobs of a type wait and run. */
export interface QueueDepth {
  readonly type: string;
  readonly ready: number;
  readonly paused: number;
  readonly backingOff: number;
  readonly started: number;
  readonly waiting: number;
}

interface HeldJob {
  readonly graphId: string;
  readonly jobId: string;
  readonly type: string;
  readonly attempt: number;
  readonly startedAt: string;
  readonly leaseEndsAt: string;
  readonly isLeaseOver: boolean;
}

export interface WorkerInfo {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly lastSeenAt: string;
  readonly running: readonly HeldJob[];
  readonly types: readonly string[];
  readonly claims: number;
  readonly finished: number;
  readonly faulted: number;
  readonly aborted: number;
  readonly leasesLost: number;
}

export interface WorkersAnswer {
  readonly items: readonly WorkerInfo[];
  readonly next: string | null;
  readonly looked: { readonly events: number; readonly since: string | null; readonly isWhole: boolean };
}

export interface TreeHead {
  readonly size: number;
  readonly rootHash: string;
  readonly position: Position | null;
  readonly recordedAt: string | null;
}

export interface InclusionProof {
  readonly treeHead: TreeHead;
  /** Of the event among all, from 0. */
  readonly index: number;
  /** Its canonical form. */
  readonly event: Readonly<Record<string, unknown>>;
  readonly path: readonly string[];
}

export interface Verification {
  readonly events: number;
  readonly graphs: number;
  readonly jobs: number;
  readonly problems: readonly Problem[];
  readonly problemCount: number;
  readonly treeHead: TreeHead | null;
}

export interface LogPage {
  readonly events: readonly RecordedEvent[];
  readonly next: Position | null;
  readonly previous: Position | null;
}

export async function queues(asOf: string | null): Promise<readonly QueueDepth[]> {
  return await askJson(apiPath(['queues'], { asOf: asOf === null ? null : await positionOf(asOf) }));
}

export async function workers(asOf: string | null, after: string | null): Promise<WorkersAnswer> {
  return await askJson(
    apiPath(['workers'], { asOf: asOf === null ? null : await positionOf(asOf), after, limit: '100' }),
  );
}

export async function logPage(query: {
  readonly after: string | null;
  readonly before: string | null;
  readonly type: string | null;
  readonly graph: string | null;
}): Promise<LogPage> {
  const { lines, ...page } = await askJson<Omit<LogPage, 'events'> & { readonly lines: readonly string[] }>(
    apiPath(['log'], { ...query, limit: '200' }),
  );
  return { ...page, events: lines.map(eventOfLine) };
}

export const treeHead = (): Promise<TreeHead> => askJson(apiPath(['head']));

/** @param event its id, or `@POSITION` */
export const proof = (event: string): Promise<InclusionProof> => askJson(apiPath(['proof'], { event }));

/** Is told how a verification goes. */
export interface VerifyListener {
  onProgress(progress: { readonly events: number }): void;
  onDone(found: Verification): void;
  onFailed(problem: string): void;
}

/** Has the server check the whole log, until the returned function is called. */
export function verify(listener: VerifyListener): () => void {
  const source = new EventSource(apiPath(['verify']));
  const dataOf = (message: Event) => JSON.parse((message as MessageEvent<string>).data) as unknown;
  source.addEventListener('progress', (message) => listener.onProgress(dataOf(message) as { events: number }));
  source.addEventListener('done', (message) => {
    source.close();
    listener.onDone(dataOf(message) as Verification);
  });
  source.addEventListener('failed', (message) => {
    source.close();
    listener.onFailed((dataOf(message) as { message: string }).message);
  });
  source.addEventListener('error', () => {
    source.close();
    listener.onFailed('the server refused, or the connection was lost; another verification may be under way');
  });
  return () => source.close();
}
