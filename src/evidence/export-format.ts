/**
 * The format of an export, a file of JSON Lines: a header, one canonical event a line in log order, and the tree head
 * over these events. Every line can be written in one way only, and the head covers every line. So a file in which
 * anything was changed, left out, added or moved is not a valid export.
 */
import * as t from '../prelude/io.js';
import { intFrom, orNull, problems, record } from '../prelude/codec.js';
import { E, type Either } from '../prelude/fp.js';
import { parsedOrText } from '../prelude/json.js';
import { shownId } from '../prelude/known-names.js';
import { eventLine, readEventLine, type StoredEvent } from './canonical-event.js';
import type { Position } from '../domain/events.js';
import { leafContent } from './leaf-content.js';
import { GrowingTree, type TreeHash } from './merkle-tree.js';

const format = 1;

/** What an export holds. */
export interface ExportHeader {
  /** The namespace of the log it was made from. */
  readonly namespace: string;
  /** The graph whose events it holds; null if it holds those of all. */
  readonly graphId: string | null;
  /** The paths in the events' data that were redacted. */
  readonly redacted: readonly string[];
}

const Header = record('header', {
  overseerExport: record('header', {
    format: intFrom(1),
    namespace: t.string,
    graphId: orNull(t.string),
    redacted: t.readonlyArray(t.string, 'list of paths'),
  }),
});

const Head = record('tree head', {
  treeHead: record('tree head', { size: intFrom(0), rootHash: t.string, headerHash: t.string }),
});
type Head = t.TypeOf<typeof Head>['treeHead'];

function headLine({ size, rootHash, headerHash }: Head): string {
  return JSON.stringify({ treeHead: { size, rootHash, headerHash } });
}

function headerLine({ namespace, graphId, redacted }: ExportHeader): string {
  return JSON.stringify({ overseerExport: { format, namespace, graphId, redacted } });
}

/** Writes an export line by line (without line breaks): first `header`, then every event, then `head`. */
export class ExportWriter {
  readonly header: string;
  private readonly tree: GrowingTree;

  constructor(
    header: ExportHeader,
    private readonly hash: TreeHash,
  ) {
    this.header = headerLine(header);
    this.tree = new GrowingTree(hash);
  }

  event(event: StoredEvent): string {
    this.tree.add(this.hash.leaf(leafContent(event, this.hash)));
    return eventLine(event);
  }

  head(): string {
    const { hash, tree } = this;
    return headLine({ size: tree.size, rootHash: tree.root(), headerHash: hash.plain(this.header) });
  }
}

/** Reads an export line by line, and says what is wrong with it. Events get their number as position, from 1. */
export class ExportReader {
  header: ExportHeader | null = null;
  private headerHash = '';
  private headSeen = false;
  private readonly tree: GrowingTree;

  constructor(private readonly hash: TreeHash) {
    this.tree = new GrowingTree(hash);
  }

  /** The event in a line, null for the header and the head, or what is wrong with the line. */
  read(line: string): Either<string, StoredEvent | null> {
    if (this.headSeen) return E.left('it comes after the tree head, which is the last line of an export');
    if (this.header === null) return this.readHeader(line);
    if (line.startsWith('{"treeHead":')) return this.readTreeHead(line);
    const event = readEventLine(line, String(this.tree.size + 1) as Position);
    if (E.isLeft(event)) return event;
    const { graphId } = this.header;
    if (graphId !== null && event.right.graphId !== graphId) {
      return E.left(`the header names graph ${shownId(graphId)} alone, and this is an event of another graph`);
    }
    this.tree.add(this.hash.leaf(leafContent(event.right, this.hash)));
    return event;
  }

  /** What is missing at the end of the file, or null. */
  missingAtEnd(): string | null {
    if (this.header === null) return 'it is empty';
    return this.headSeen ? null : 'its tree head, which is the last line of an export, is missing: the end was cut off';
  }

  private readHeader(line: string): Either<string, null> {
    const decoded = Header.decode(parsedOrText(line));
    if (E.isLeft(decoded)) return E.left('it is not the header of an export of overseer');
    const { overseerExport } = decoded.right;
    if (overseerExport.format > format) {
      return E.left(
        `the export has format ${overseerExport.format}, and this release reads ${format}; update overseer`,
      );
    }
    if (headerLine(overseerExport) !== line) return E.left('the header is not written as an export writes it');
    this.header = overseerExport;
    this.headerHash = this.hash.plain(line);
    return E.right(null);
  }

  private readTreeHead(line: string): Either<string, null> {
    const decoded = Head.decode(parsedOrText(line));
    if (E.isLeft(decoded)) return E.left(`this is not a valid tree head: ${problems(decoded.left)[0] ?? ''}`);
    const { treeHead } = decoded.right;
    if (headLine(treeHead) !== line) return E.left('the tree head is not written as an export writes it');
    const { size } = this.tree;
    if (treeHead.size !== size) {
      return E.left(`the tree head covers ${treeHead.size} events, but there are ${size} before it`);
    }
    if (treeHead.headerHash !== this.headerHash) return E.left('the header is not the one that the tree head covers');
    if (treeHead.rootHash !== this.tree.root()) {
      return E.left('the events before it are not those that the tree head covers: something in them was changed');
    }
    this.headSeen = true;
    return E.right(null);
  }
}
