import type { Position } from '../../../domain/events.js';
import { auditConsistent, auditHead, auditProve, type TreeHead } from '../../../history/audit/audit.js';
import { shownName } from '../../../prelude/known-names.js';
import { orThrow } from '../../../store/or-throw.js';
import type { Store } from '../../../store/store.js';
import { type ExitCode, exitCodes, UsageError } from '../../failure.js';
import { readHeadArgument } from './head-argument.js';
import type { Invocation } from '../../call/invocation.js';
import { resolveReference } from '../../input/reference.js';
import type { CommonOptions } from '../../call/settings.js';
import { pairLines } from '../../output/table.js';
import type { Terminal } from '../../output/terminal.js';
import { localTime, plural, thousands } from '../../../prelude/phrases.js';

export interface AuditCommandOptions extends CommonOptions {
  readonly recompute?: boolean;
}

export interface ProveCommandOptions extends AuditCommandOptions {
  readonly redact?: readonly string[];
}

function recomputing({ recompute = false }: AuditCommandOptions) {
  return { recompute };
}

export async function headCommand(invocation: Invocation<AuditCommandOptions>): Promise<void> {
  const { terminal, options } = invocation;
  const head = await invocation.withStore((store) => auditHead(store, recomputing(options)));
  terminal.document(head);
  terminal.say(...headLines(head, terminal));
}

/** A tree head for people. */
export function headLines(
  { namespace, graphId, size, rootHash, position, recordedAt }: TreeHead,
  { paint }: Terminal,
): string[] {
  const scope = graphId === null ? `namespace ${namespace}` : `graph ${graphId} of namespace ${namespace} alone`;
  const last = position === null ? '-' : `@${position}, recorded ${localTime(recordedAt!, 'milliseconds')}`;
  return pairLines(
    [
      ['log', scope],
      ['size', plural(size, 'event')],
      ['root hash', rootHash],
      ['last event', last],
    ],
    paint,
  );
}

/** The proof is JSON for people too: it is for keeping and passing on. */
export async function proveCommand(invocation: Invocation<ProveCommandOptions>, text: string): Promise<void> {
  const { terminal, options } = invocation;
  const proof = await invocation.withStore(async (store) =>
    auditProve(store, await eventNamed(store, text), { ...recomputing(options), redact: options.redact ?? [] }),
  );
  await terminal.pour(`${JSON.stringify(proof, null, 2)}\n`);
}

async function eventNamed(store: Store, text: string): Promise<{ eventId: string } | { position: Position }> {
  if (/^@\d{1,20}(\/\d{1,20})?$/.test(text)) return { position: text.slice(1) as Position };
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return { eventId: text };
  const [, graph, number] = /^([^/]+)#(\d{1,15})$/.exec(text) ?? [];
  if (graph === undefined) {
    throw new UsageError('usage', `${shownName(text)} names no event; give its id, @POSITION, or GRAPH#N`);
  }
  const { graphId } = await resolveReference(store, graph);
  const events = await orThrow(store.log.readGraph(graphId));
  const event = events[Number(number) - 1];
  if (event !== undefined) return { position: event.position };
  throw new UsageError(
    'event-not-found',
    `graph ${graphId} has no event #${number}; it has ${plural(events.length, 'event')}`,
  );
}

export async function consistentCommand(invocation: Invocation<AuditCommandOptions>, given: string): Promise<ExitCode> {
  const { terminal, options } = invocation;
  const oldHead = readHeadArgument(given);
  const found = await invocation.withStore((store) => auditConsistent(store, oldHead, recomputing(options)));
  if (!found.isConsistent) {
    terminal.document(found);
    terminal.say(`${terminal.paint.red('the log was altered')}: ${found.problem}`);
    return exitCodes.failed;
  }
  const { isConsistent, proof } = found;
  terminal.document({ isConsistent, ...proof });
  const since = thousands(proof.treeHead.size - oldHead.size);
  terminal.say(
    `${terminal.paint.green('the log continues from that tree head')}: its ${plural(oldHead.size, 'event')} are unchanged, and ${since} came since`,
  );
  return exitCodes.good;
}
