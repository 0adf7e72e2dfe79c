import { namespaceStream } from '../../../domain/namespace-stream.js';
import { closeSync, openSync, readSync } from 'node:fs';
import { readableNestingMax } from '../../../domain/read-event.js';
import { E } from '../../../prelude/fp.js';
import { placeOf, readJsonText } from '../../../prelude/json-text.js';
import {
  auditCheck,
  auditConsistent,
  auditHead,
  type CheckedProof,
  type TreeHead,
} from '../../../history/audit/audit.js';
import { OverseerError } from '../../../prelude/errors.js';
import { store } from '../../../store/store.js';
import { assertFile, fileBytesMax, readTextFile, shownPath } from '../../input/data-file.js';
import { type ExitCode, exitCodes } from '../../failure.js';
import { readHeadArgument } from './head-argument.js';
import type { Invocation } from '../../call/invocation.js';
import type { CommonOptions } from '../../call/settings.js';
import { plural } from '../../../prelude/phrases.js';
import { headLines } from './audit.js';

export interface CheckOptions extends CommonOptions {
  readonly head?: string;
}

/** Checks a proof or an export by itself: no store is opened. */
export async function checkCommand(invocation: Invocation<CheckOptions>, file: string): Promise<ExitCode> {
  const trusted = invocation.options.head === undefined ? null : readHeadArgument(invocation.options.head);
  assertFile(file);
  if (/\.(jsonl|html?)$/i.test(file) || beginsLikeAnExport(file)) return await checkExport(invocation, file, trusted);
  const text = readTextFile(file, fileBytesMax.json);
  return say(invocation, auditCheck(parsed(text, file), trusted), trusted !== null);
}

/** For an export by any name: it may be far too large to be read whole. */
function beginsLikeAnExport(file: string): boolean {
  const beginning = Buffer.from('{"overseerExport":');
  const opened = openSync(file, 'r');
  try {
    const read = Buffer.alloc(beginning.length);
    readSync(opened, read);
    return read.equals(beginning);
  } finally {
    closeSync(opened);
  }
}

/** A proof contains an event, whose data is a few levels down. */
const proofDepthMax = readableNestingMax + 10;

function parsed(text: string, file: string): unknown {
  const read = readJsonText(text, proofDepthMax);
  if (E.isRight(read)) return read.right;
  const { line, column } = placeOf(text, read.left.offset);
  const where = `${shownPath(file)}:${line}:${column}`;
  throw new OverseerError('proof-invalid', `${where}: not a proof, since it is not JSON: ${read.left.reason}`);
}

const trustAdvice = 'compare this tree head with one you trust, or give the trusted one by --head';

function say({ terminal }: Invocation<CheckOptions>, checked: CheckedProof, isTrusted: boolean): ExitCode {
  const { paint } = terminal;
  const { problem, treeHead } = checked;
  terminal.document({ holds: problem === null, ...checked });
  if (problem !== null) {
    terminal.say(`${paint.red('the proof does not hold')}: ${problem}`);
    return exitCodes.failed;
  }
  terminal.say(`${paint.green('the proof holds')}: ${whatIsProven(checked)}`, ...headLines(treeHead, terminal));
  if (!isTrusted) terminal.note(trustAdvice);
  return exitCodes.good;
}

function whatIsProven(checked: CheckedProof): string {
  if (checked.proof === 'consistency') {
    return `the log of ${plural(checked.oldHead.size, 'event')} is the beginning of the log of ${checked.treeHead.size}`;
  }
  const { graphId, jobId, type, id } = checked.event as Readonly<Record<'graphId' | 'jobId' | 'type' | 'id', string>>;
  const own = graphId === namespaceStream.graphId ? "the namespace's own stream" : graphId;
  const place = (jobId as string | null) === null ? own : `${graphId}/${jobId}`;
  return `${type} of ${place} (${id}) is event ${checked.index + 1} of this log`;
}

async function checkExport(
  { terminal }: Invocation<CheckOptions>,
  file: string,
  trusted: TreeHead | null,
): Promise<ExitCode> {
  const { paint } = terminal;
  const exported = await store({ adapter: 'export', config: { path: file } });
  try {
    const head = await auditHead(exported);
    const found = trusted === null ? null : await auditConsistent(exported, trusted);
    const problem = found === null || found.isConsistent ? null : found.problem;
    terminal.document({ holds: problem === null, treeHead: head, problem });
    if (problem !== null) {
      terminal.say(`${paint.red('the export does not hold')}: ${problem}`);
      return exitCodes.failed;
    }
    terminal.say(paint.green(`${shownPath(file)} is complete and unchanged`), ...headLines(head, terminal));
    if (trusted === null) terminal.note(trustAdvice);
    return exitCodes.good;
  } finally {
    await exported.close();
  }
}
