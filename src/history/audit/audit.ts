import { eventLine, eventOf, type StoredEvent } from '../../evidence/canonical-event.js';
import type { Position } from '../../domain/events.js';
import { leafContent } from '../../evidence/leaf-content.js';
import { ConsistencyProof, InclusionProof, type LogTree, readAs, TreeHead } from '../../evidence/log-tree.js';
import { tileLeaves } from '../../evidence/merkle-tree.js';
import { consistencyRanges, inclusionRanges, rootByInclusion, rootsByConsistency } from '../../evidence/tree-proofs.js';
import type { EventLog } from '../../log/event-log.js';
import { comparePositions } from '../../domain/positions.js';
import { treeHash } from '../../log/tree-hash.js';
import { OverseerError } from '../../prelude/errors.js';
import { E } from '../../prelude/fp.js';
import { readJsonText } from '../../prelude/json-text.js';
import { isPlainObject, type JsonObject, jsonText } from '../../prelude/json.js';
import { type AuditOptions, headOf, searchable, tileEvents, treeOf } from './audit-tree.js';
import { checkedRedaction, redactAll } from '../export/export.js';
import type { Store } from '../../store/store.js';
import { storedBatches } from '../../store/read-log.js';
import { assertOptions } from '../../prelude/known-names.js';

export type { AuditOptions } from './audit-tree.js';
export type { ConsistencyProof, InclusionProof, TreeHead } from '../../evidence/log-tree.js';

const auditOptions = { recompute: true, onProgress: true } as const;

/**
 * The tree head over all events of a store: how many there are, and the root hash of a Merkle tree over them (RFC 9162).
 * Whoever keeps it, or has it signed, can tell later whether these events are still the beginning of the log. What was
 * hashed before is not hashed again.
 */
export async function auditHead(store: Store, options: AuditOptions = {}): Promise<TreeHead> {
  assertOptions<AuditOptions>('auditHead', options, auditOptions);
  return headOf(store.log, await treeOf(store.log, options));
}

export interface ProveOptions extends AuditOptions {
  /** Values in the event's data that the proof must not show; see `redact` of {@link exportLog}. */
  readonly redact?: readonly string[];
}

/**
 * Proves that an event is in the log that a tree head covers. Name the event by its id, or faster by its position.
 *
 * @throws OverseerError `event-not-found`, `redaction-invalid`
 */
export async function auditProve(
  store: Store,
  which: { readonly eventId: string } | { readonly position: Position },
  options: ProveOptions = {},
): Promise<InclusionProof> {
  assertOptions<ProveOptions>('auditProve', options, { ...auditOptions, redact: true });
  const { log } = store;
  const redactions = (options.redact ?? []).map(checkedRedaction);
  const tree = await treeOf(log, options);
  const found =
    'position' in which ? await atPosition(log, tree, which.position) : await byId(log, tree, which.eventId);
  if (found === null) {
    const name = 'position' in which ? `at @${which.position}` : which.eventId;
    throw new OverseerError('event-not-found', `${log.address} holds no event ${name}`);
  }
  const subtrees = searchable(log, tree);
  const path: string[] = [];
  for (const range of inclusionRanges(found.index, tree.size)) path.push(await subtrees.root(range));
  const event = JSON.parse(eventLine(redactAll(found.event, redactions))) as Record<string, unknown>;
  return { proof: 'inclusion', format: 1, treeHead: headOf(log, tree), index: found.index, event, path };
}

interface Found {
  readonly index: number;
  readonly event: StoredEvent;
}

async function atPosition(log: EventLog, tree: LogTree, position: Position): Promise<Found | null> {
  const inFullTile = tree.tileEnds.findIndex((end) => comparePositions(position, end) <= 0);
  const tile = inFullTile < 0 ? tree.tileEnds.length : inFullTile;
  const events = await tileEvents(log, tree, tile);
  const index = events.findIndex((event) => event.position === position);
  return index < 0 ? null : { index: tile * tileLeaves + index, event: events[index]! };
}

async function byId(log: EventLog, tree: LogTree, eventId: string): Promise<Found | null> {
  const wanted = eventId.toLowerCase();
  let before = 0;
  for await (const batch of storedBatches(log, { upTo: tree.position })) {
    const index = batch.findIndex(({ id }) => id === wanted);
    if (index >= 0) return { index: before + index, event: batch[index]! };
    before += batch.length;
  }
  return null;
}

/** Whether a log continues what a tree head covered: the proof of it, or what is wrong. */
export type Consistency =
  | { readonly isConsistent: true; readonly proof: ConsistencyProof }
  | { readonly isConsistent: false; readonly problem: string };

/**
 * Checks that the events which an earlier tree head covered are still the beginning of the log, unchanged. The proof that
 * comes with it can be checked without the log.
 *
 * @throws OverseerError `head-foreign` for a head of another namespace or graph
 */
export async function auditConsistent(
  store: Store,
  oldHead: TreeHead,
  options: AuditOptions = {},
): Promise<Consistency> {
  assertOptions<AuditOptions>('auditConsistent', options, auditOptions);
  const { log } = store;
  const tree = await treeOf(log, options);
  const treeHead = headOf(log, tree);
  if (oldHead.namespace !== treeHead.namespace || oldHead.graphId !== treeHead.graphId) {
    const message = `the tree head is of ${scopeOf(oldHead)}, and ${log.address} holds ${scopeOf(treeHead)}`;
    throw new OverseerError('head-foreign', message);
  }
  const { size } = oldHead;
  const held = `the tree head covers ${size} events`;
  if (size > tree.size) return altered(`${held}, and ${log.address} holds ${tree.size}: events were taken away`);
  const subtrees = searchable(log, tree);
  const root = size === 0 ? treeHash.plain('') : await subtrees.root([0, size]);
  if (root !== oldHead.rootHash) return altered(`${held}, and the first ${size} of ${log.address} are not those`);
  const path: string[] = [];
  if (size > 0) for (const range of consistencyRanges(size, tree.size)) path.push(await subtrees.root(range));
  return { isConsistent: true, proof: { proof: 'consistency', format: 1, oldHead, treeHead, path } };
}

function altered(problem: string): Consistency {
  return { isConsistent: false, problem };
}

function scopeOf({ namespace, graphId }: TreeHead): string {
  return graphId === null ? `namespace ${namespace}` : `graph ${graphId} of namespace ${namespace} alone`;
}

/** What a proof shows. It is valid if `problem` is null. */
export type CheckedProof =
  | {
      readonly proof: 'inclusion';
      readonly treeHead: TreeHead;
      readonly index: number;
      readonly event: Readonly<Record<string, unknown>>;
      readonly problem: string | null;
    }
  | {
      readonly proof: 'consistency';
      readonly treeHead: TreeHead;
      readonly oldHead: TreeHead;
      readonly problem: string | null;
    };

/**
 * Checks a proof as {@link auditProve} and {@link auditConsistent} make them (parsed from JSON), without any log. A
 * proof is about the tree head in it: give the head you trust, and the two are compared.
 *
 * @throws OverseerError `proof-invalid` if it is not a valid proof
 */
export function auditCheck(proof: unknown, trusted: TreeHead | null = null): CheckedProof {
  const kind = isPlainObject(proof) ? proof['proof'] : undefined;
  if (kind === 'inclusion') {
    const { treeHead, index, event, path } = checked(InclusionProof, proof);
    const problem = headProblem(treeHead, trusted) ?? inclusionProblem(treeHead, index, event, path);
    return { proof: kind, treeHead, index, event, problem };
  }
  if (kind === 'consistency') {
    const { oldHead, treeHead, path } = checked(ConsistencyProof, proof);
    const problem = headProblem(treeHead, trusted) ?? consistencyProblem(oldHead, treeHead, path);
    return { proof: kind, treeHead, oldHead, problem };
  }
  throw new OverseerError(
    'proof-invalid',
    'this is not a valid proof: its field "proof" must say "inclusion" or "consistency"',
  );
}

function checked<A>(codec: Parameters<typeof readAs<A>>[0], proof: unknown): A {
  const read = readAs(codec, proof);
  if (E.isLeft(read)) throw new OverseerError('proof-invalid', `this is not a valid proof: ${read.left}`);
  return read.right;
}

function headProblem(head: TreeHead, trusted: TreeHead | null): string | null {
  if (trusted === null) return null;
  const isSame =
    head.size === trusted.size &&
    head.rootHash === trusted.rootHash &&
    head.namespace === trusted.namespace &&
    head.graphId === trusted.graphId;
  return isSame ? null : 'the tree head in the proof is not the trusted one';
}

function inclusionProblem(
  { size, rootHash }: TreeHead,
  index: number,
  value: Readonly<Record<string, unknown>>,
  path: readonly string[],
): string | null {
  const event = eventOf(value, '' as Position);
  if (E.isLeft(event)) return `the event in the proof is not a valid event: ${event.left}`;
  if (index >= size) return `there is no event ${index} among ${size}`;
  if (eventLine(event.right) !== jsonText(value as JsonObject))
    return 'the event in the proof is not in its canonical form';
  const leaf = treeHash.leaf(leafContent(event.right, treeHash));
  const root = rootByInclusion(leaf, index, size, path, treeHash);
  return root === rootHash ? null : 'the event and its path do not lead to the root hash of the tree head';
}

function consistencyProblem(old: TreeHead, head: TreeHead, path: readonly string[]): string | null {
  if (old.namespace !== head.namespace || old.graphId !== head.graphId)
    return 'the two tree heads are of different logs';
  if (old.size > head.size) return 'the older tree head covers more events than the newer';
  const isEmpty = old.size === 0;
  if (isEmpty)
    return old.rootHash === treeHash.plain('') && path.length === 0
      ? null
      : 'the older tree head is not a valid tree head';
  const roots = rootsByConsistency(old, head.size, path, treeHash);
  if (roots?.now !== head.rootHash) return 'the path does not lead to the root hash of the newer tree head';
  return roots.old === old.rootHash ? null : 'the path does not lead to the root hash of the older tree head';
}

/**
 * The tree head in a text: as {@link auditHead} gives it, as JSON.
 *
 * @throws OverseerError `head-invalid`
 */
export function readTreeHead(text: string): TreeHead {
  const value = readJsonText(text);
  if (E.isLeft(value)) {
    throw new OverseerError(
      'head-invalid',
      'the tree head is not JSON; give what `overseer audit head --json` printed',
    );
  }
  const head = readAs(TreeHead, value.right);
  if (E.isRight(head)) return head.right;
  throw new OverseerError(
    'head-invalid',
    `this is not a valid tree head: ${head.left}; give what \`overseer audit head --json\` printed`,
  );
}
