import type { Position, RecordedEvent } from '../../../domain/events.js';
import type { GraphSummary } from '../../../domain/graph-info.js';
import type { UnreadableGraph } from '../../../domain/listed.js';
import { grouped } from '../../../prelude/grouped.js';
import { isOfNamespace } from '../../../domain/namespace-stream.js';
import { ExportReader } from '../../../evidence/export-format.js';
import { E } from '../../../prelude/fp.js';
import { treeHash } from '../model/tree-hash.js';
import { foldedSummary } from '../model/summary.js';
import { eventAt, LineError } from '../model/read-lines.js';
import { LineCutter } from './lines.js';
import { type About, type Evidence, type GraphListener, type Source, SourceError } from './source.js';

/** What the lines of the export hold. */
interface Held {
  readonly header: NonNullable<About['exported']> & { readonly namespace: string };
  readonly events: readonly RecordedEvent[];
  /** All lines, as the tree head covers them. */
  readonly lines: readonly string[];
}

/** How many lines are read before the browser may draw again. */
const linesAtOnce = 4000;

/**
 * The page itself as the place where its events are: an export, packed with gzip and written in base64, as
 * `overseer export GRAPH --html` makes it.
 */
export function incidentSource(packed: string): Source {
  let reading: Promise<Held> | null = null;
  const held = () => (reading ??= readHeld(packed));
  return {
    isLive: false,
    check: async (onProgress) => {
      const whole = await held();
      // First there is something to look at.
      await new Promise((resolve) => setTimeout(resolve, checkAfterMs));
      onProgress(await checked(whole, onProgress));
    },
    about: async () => {
      const { header } = await held();
      const { namespace, ...exported } = header;
      return { address: 'this file', namespace, exported, now: '', operate: null };
    },
    graphs: async () => {
      const { events } = await held();
      const ofGraphs = grouped(
        events.filter((event) => !isOfNamespace(event)),
        ({ graphId }) => graphId,
      );
      const [items, unreadable]: [GraphSummary[], UnreadableGraph[]] = [[], []];
      for (const [id, own] of ofGraphs) {
        const graph = foldedSummary(id, own);
        if ('reason' in graph) unreadable.push(graph);
        else items.push(graph);
      }
      return { items, next: null, unreadable };
    },
    workersSeen: () => Promise.resolve(null),
    places: () => Promise.resolve(null),
    onChange: () => () => {},
    follow: (graphId, listener) => {
      void handOver(held(), graphId, listener);
      return () => {};
    },
  };
}

async function handOver(reading: Promise<Held>, graphId: string, listener: GraphListener): Promise<void> {
  try {
    const { events } = await reading;
    const own = events.filter((event) => event.graphId === graphId);
    if (own.length === 0) {
      const there = [...new Set(events.map((event) => event.graphId))].join(', ');
      throw new SourceError('graph-not-found', `this file holds no graph ${graphId}; it holds ${there}`);
    }
    listener.onWork(events.filter(isOfNamespace));
    listener.onEvents(own);
    listener.onLoaded();
  } catch (error) {
    listener.onFailure(error instanceof SourceError ? error : new SourceError('page-failed', String(error)));
  }
}

async function readHeld(packed: string): Promise<Held> {
  const lines = await unpacked(packed);
  const header = headerOf(lines[0]);
  const events: RecordedEvent[] = [];
  for (let from = 1; from < lines.length - 1; from += linesAtOnce) {
    const some = lines.slice(from, Math.min(from + linesAtOnce, lines.length - 1));
    some.forEach((line, index) => events.push(eventIn(line, from + index)));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return { header, events, lines };
}

function eventIn(line: string, index: number): RecordedEvent {
  try {
    return eventAt(line, String(index) as Position);
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    throw damaged(`line ${index + 1} of the export in it cannot be read: ${error.message}`);
  }
}

function headerOf(line: string | undefined): Held['header'] {
  try {
    return (JSON.parse(line ?? '') as { readonly overseerExport: Held['header'] }).overseerExport;
  } catch {
    throw damaged('its first line is not the header of an export');
  }
}

/** How long the page has for its first picture. */
const checkAfterMs = 500;
/** How many events are hashed before the browser may draw again: some milliseconds' worth. */
const hashedAtOnce = 200;

/** Reads the export again as evidence: every line as it must be written, and all of them under the tree head. */
async function checked({ lines }: Held, onProgress: (evidence: Evidence) => void): Promise<Evidence> {
  const reader = new ExportReader(treeHash);
  for (const [index, line] of lines.entries()) {
    const read = reader.read(line);
    if (E.isLeft(read)) return { kind: 'damaged', problem: `line ${index + 1} of the export: ${read.left}` };
    if (index % hashedAtOnce !== 0) continue;
    onProgress({ kind: 'checking', events: index, of: lines.length });
    await new Promise((resolve) => setTimeout(resolve));
  }
  const missing = reader.missingAtEnd();
  if (missing !== null) return { kind: 'damaged', problem: missing };
  const { treeHead } = JSON.parse(lines.at(-1)!) as {
    readonly treeHead: { readonly size: number; readonly rootHash: string };
  };
  return { kind: 'sound', events: treeHead.size, rootHash: treeHead.rootHash };
}

async function unpacked(packed: string): Promise<readonly string[]> {
  const cutter = new LineCutter();
  const lines: string[] = [];
  try {
    const reader = new Blob([bytesOf(packed.trim())]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) lines.push(...cutter.add(read.value));
  } catch {
    throw damaged(`after ${lines.length} lines, what it holds cannot be unpacked`);
  }
  if (cutter.unfinished !== '') throw damaged(`line ${lines.length + 1} ends in the middle`);
  return lines;
}

/** In a loop: to go through millions of characters by an iterator takes ten times as long. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

function damaged(where: string): SourceError {
  return new SourceError('incident-damaged', `This file is damaged: ${where}. Ask for it again.`);
}
