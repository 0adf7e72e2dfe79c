/** Stored events, exports, proofs, tree heads, and paths of redactions. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readEvent, versionOf, whyUnwritable } from '../../../src/domain/read-event.js';
import type { DomainEvent, Position, UnreadableEvent } from '../../../src/domain/events.js';
import { whyNotAccepted } from '../../../src/evidence/acceptance.js';
import { eventLine, eventOf, keptData, readEventLine, recordedEvent } from '../../../src/evidence/canonical-event.js';
import { contentOf } from '../../../src/evidence/event-content.js';
import { leafContent } from '../../../src/evidence/leaf-content.js';
import { readRedaction, redact } from '../../../src/evidence/redaction.js';
import { readTreeHead } from '../../../src/history/audit/audit.js';
import { verify } from '../../../src/history/verify/verify.js';
import {
  auditCheck,
  auditConsistent,
  auditProve,
  exportLog,
  graphs,
  importLog,
  jobGraph,
  store,
  transactGraph,
} from '../../../src/index.js';
import { treeHash } from '../../../src/log/tree-hash.js';
import { E } from '../../../src/prelude/fp.js';
import { type Json, jsonText } from '../../../src/prelude/json.js';
import { exportText, freshStore, temporaryFolder } from '../../support/stores.js';
import { hidden, ranStore, someEvents, someExports, withRightHead } from '../histories.js';
import { json, text } from '../inputs.js';
import { mutatedJson } from '../mutate-json.js';
import { accepted, demand, refused, target } from '../target.js';

const fields = [
  ...new Set(someEvents.flatMap((event) => [event.type, ...Object.keys(JSON.parse(event.data) as object)])),
  'graphId',
  'jobId',
  'id',
  'parents',
  'args',
  'retry',
  'carried',
  'failure',
  'delayMs',
  'result',
  'kind',
  'message',
  'sha256:',
];

function explained(event: DomainEvent | UnreadableEvent): string {
  return event.type === 'Unreadable' ? event.data.explanation : '';
}

const event = target({
  name: 'event',
  kind: json,
  seeds: someEvents.map(({ type, schemaVersion, data }) => JSON.stringify([type, schemaVersion, JSON.parse(data)])),
  words: fields,
  inputs: 4000,
  decode(input) {
    let read: unknown;
    try {
      read = JSON.parse(input);
    } catch {
      // What is stored may be anything.
      return refused(explained(contentOf('JobFinished', 1, input).event));
    }
    const [type, version, data] = Array.isArray(read) ? (read as unknown[]) : [];
    const { event } = contentOf(
      typeof type === 'string' ? type : typeof type,
      typeof version === 'number' ? version : 1,
      jsonText((data ?? null) as Json),
    );
    if (event.type === 'Unreadable') return refused(explained(event));
    demand(whyUnwritable(event) === null, 'it was read, and could not be written');
    const again = readEvent(event.type, versionOf(event), JSON.parse(JSON.stringify(event.data)));
    demand(isDeepStrictEqual(again, JSON.parse(JSON.stringify(event))), 'written again, it is read as another one');
    return accepted();
  },
});

const eventLines = target({
  name: 'event-line',
  kind: json,
  seeds: someEvents.map(eventLine),
  words: fields,
  inputs: 2500,
  cpuMsMax: 500,
  decode(input) {
    const read = readEventLine(input, '1' as Position);
    if (E.isLeft(read)) return refused(read.left);
    const stored = read.right;
    demand(eventLine(stored) === input, 'written again, it is another line');
    const leaf = leafContent(stored, treeHash);
    for (const path of ['*', 'result', 'failure.message', 'jobs[].args.*', 'args', 'details.row']) {
      const redaction = readRedaction(path);
      demand(E.isRight(redaction), 'a path cannot be read');
      const { event: without } = redact(stored, redaction.right, treeHash);
      demand(leafContent(without, treeHash) === leaf, `redacted (${path}), it has another leaf`);
      demand(E.isRight(readEventLine(eventLine(without), '1' as Position)), `redacted (${path}), it cannot be read`);
    }
    const recorded = recordedEvent(stored);
    demand(recorded.type !== 'Unreadable' || recorded.data.explanation !== '', 'nobody says why it cannot be read');
    return keptData(stored.data) === null ? accepted() : accepted(whyNotAccepted(stored) ?? '');
  },
});

const folder = temporaryFolder();

const exports = target({
  name: 'export',
  kind: text,
  seeds: someExports,
  words: fields,
  inputs: 250,
  cpuMsMax: 500,
  mended(input, random) {
    const lines = input.split('\n');
    const at = random.below(lines.length);
    if (random.chance(0.7)) lines[at] = mutatedJson(lines[at]!, random, { others: [], words: fields });
    return withRightHead(lines.join('\n'));
  },
  async decode(input) {
    const path = join(folder, 'fuzzed.jsonl');
    writeFileSync(path, input);
    const read = await store(path);
    try {
      const { problems } = await verify(read);
      await graphs(read);
      const { graphId, redacted } = read.log.exported!;
      const isPlain = new Set(redacted).size === redacted.length;
      demand(!isPlain || (await exportText(read)) === input, 'exported again, it is another file');
      const copy = await freshStore('memory', { namespace: read.namespace });
      try {
        await importLog(copy, read);
        if (graphId === null && redacted.length === 0) {
          const again = await exportText(copy);
          demand(again === input, 'imported and exported again, it is another file');
        }
        await verify(copy);
      } finally {
        await copy.close();
      }
      return accepted(...problems.slice(0, 5).map(({ problem }) => problem));
    } finally {
      await read.close();
    }
  },
});

/** Proofs over a log of its own, whose truth is known. */
interface Known {
  readonly proofs: readonly string[];
  readonly events: readonly string[];
  readonly head: Parameters<typeof auditCheck>[1];
}

async function knownProofs(): Promise<Known> {
  const db = await ranStore();
  const lines = (await exportText(db)).split('\n').slice(1, -2);
  const early = readTreeHead(JSON.stringify((await auditProve(db, { position: '1' as Position })).treeHead));
  await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'more' }));
  const proofs = [];
  for (const position of ['1', '5', '12'])
    proofs.push(
      JSON.stringify(
        await auditProve(db, { position: position as Position }, position === '5' ? { redact: ['*'] } : {}),
      ),
    );
  const consistent = await auditConsistent(db, early);
  demand(consistent.isConsistent, 'the log does not continue');
  proofs.push(JSON.stringify(consistent.proof));
  const head = consistent.proof.treeHead;
  const all = (await exportText(db)).split('\n').slice(1, -2);
  demand(all.length > lines.length, 'the log has not grown');
  await db.close();
  return { proofs, events: all, head };
}

let known: Promise<Known> | null = null;
const knownOnce = () => (known ??= knownProofs());

const proof = target({
  name: 'proof',
  kind: json,
  seeds: async () => (await knownOnce()).proofs,
  words: [
    'inclusion',
    'consistency',
    'treeHead',
    'oldHead',
    'index',
    'path',
    'event',
    'size',
    'rootHash',
    'graphId',
    'namespace',
  ],
  inputs: 3000,
  async decode(input) {
    const { head, events } = await knownOnce();
    let value: unknown;
    try {
      value = JSON.parse(input);
    } catch {
      return refused();
    }
    // Without a head to trust, everything else is looked at.
    auditCheck(value);
    const checked = auditCheck(value, head);
    if (checked.problem !== null) return refused(checked.problem);
    if (checked.proof === 'inclusion') {
      const claimed = eventOf(checked.event, '' as Position);
      const genuine = readEventLine(events[checked.index] ?? '', '' as Position);
      demand(E.isRight(claimed) && E.isRight(genuine), 'an event is proven that is none');
      const [a, b] = [claimed.right, genuine.right].map((each) => leafContent(each, treeHash));
      demand(a === b, 'an event is proven that is not in the log');
    }
    return accepted();
  },
});

const head = target({
  name: 'tree-head',
  kind: json,
  seeds: [
    JSON.stringify({
      namespace: 'overseer',
      graphId: null,
      size: 3,
      rootHash: 'ab'.repeat(32),
      position: '3',
      recordedAt: null,
    }),
  ],
  words: ['size', 'rootHash', 'position', 'graphId', 'namespace', 'recordedAt'],
  inputs: 1500,
  decode(input) {
    const read = readTreeHead(input);
    const written = JSON.stringify(read);
    demand(JSON.stringify(readTreeHead(written)) === written, 'written again, it is another head');
    return accepted();
  },
});

let ran: ReturnType<typeof ranStore> | null = null;

const redaction = target({
  name: 'redaction-path',
  kind: text,
  seeds: [
    'result',
    'failure.message',
    'jobs[].args.token',
    'jobs[].carried.result',
    'args.*',
    '*',
    'details["a.b"].c',
    'data.labels',
  ],
  words: ['result', 'failure', 'jobs', '[]', '.*', '["', '"]', 'args', 'carried', 'data.', 'labels', 'stack', '.'],
  inputs: 1500,
  async decode(input) {
    const read = readRedaction(input);
    if (E.isLeft(read)) return refused(read.left);
    for (const each of someEvents) {
      const { event: without, count } = redact(each, read.right, treeHash);
      demand(leafContent(without, treeHash) === leafContent(each, treeHash), 'redacted, it has another leaf');
      demand(count > 0 || without.data === each.data, 'something was redacted and not counted');
      // One star reaches the jobs of a list, and not what is in them.
      if (input === '*' && each.type !== 'GraphSubmitted' && each.type !== 'ScheduleSet')
        demand(!without.data.includes(hidden), 'a redacted value is there');
      demand(recordedEvent(without).type !== 'Unreadable', `redacted, a ${each.type} cannot be read`);
    }
    ran ??= ranStore();
    const path = join(folder, 'redacted.jsonl');
    let lines = '';
    for await (const line of exportLog(await ran, { redact: [input] })) lines += line;
    writeFileSync(path, lines);
    const opened = await store(path);
    await opened.close();
    return accepted();
  },
  close: async () => await (await ran)?.close(),
});

export const evidenceTargets = [event, eventLines, exports, proof, head, redaction];
