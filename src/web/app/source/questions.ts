/** What only a server can tell: how all graphs stand, the whole log, and what proves it. */
import type { Position, RecordedEvent } from '../../../domain/events.js';
import type { QueueDepth, WorkersPage } from '../../../domain/listed.js';
import type { InclusionProof, TreeHead } from '../../../evidence/log-tree.js';
import type { VerifyProgress } from '../../../history/verify/tally.js';
import type { Verification } from '../../../history/verify/verification.js';
import { eventOfLine } from '../model/read-lines.js';
import { apiPath, askJson, positionOf } from './ask.js';

export interface LogPage {
  readonly events: readonly RecordedEvent[];
  readonly next: Position | null;
  readonly previous: Position | null;
}

export async function queues(asOf: string | null): Promise<readonly QueueDepth[]> {
  return await askJson(apiPath(['queues'], { asOf: asOf === null ? null : await positionOf(asOf) }));
}

export async function workers(asOf: string | null, after: string | null): Promise<WorkersPage> {
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
  onProgress(progress: VerifyProgress): void;
  onDone(found: Verification): void;
  onFailed(problem: string): void;
}

/** Has the server check the whole log, until the returned function is called. */
export function verify(listener: VerifyListener): () => void {
  const source = new EventSource(apiPath(['verify']));
  const dataOf = (message: Event) => JSON.parse((message as MessageEvent<string>).data) as unknown;
  source.addEventListener('progress', (message) => listener.onProgress(dataOf(message) as VerifyProgress));
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
