import type { Database, Statement } from 'better-sqlite3';
import type { StreamId } from '../../domain/events.js';
import { BoundedMap } from '../../prelude/bounded-map.js';

const numbersKeptMax = 50_000;

/** Rows that are known by a number. */
class NumberedRows {
  private readonly select: Statement;
  private readonly add: Statement;

  constructor(db: Database, table: string, columns: readonly string[]) {
    const where = columns.map((column) => `${column} = ?`).join(' and ');
    const values = columns.map(() => '?').join(', ');
    this.select = db.prepare(`select id from ${table} where ${where}`).pluck();
    this.add = db.prepare(`insert into ${table} (${columns.join(', ')}) values (${values})`);
  }

  find(...row: readonly (string | number)[]): number | null {
    return (this.select.get(...row) as number | undefined) ?? null;
  }

  insert(...row: readonly (string | number)[]): number {
    return Number(this.add.run(...row).lastInsertRowid);
  }
}

/** The numbers of names: read or inserted once, then kept in memory. */
export class NumberedNames {
  private readonly known = new BoundedMap<string, number>(numbersKeptMax);
  private readonly rows: NumberedRows;

  constructor(db: Database) {
    this.rows = new NumberedRows(db, 'names', ['name']);
  }

  get(name: string): number {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const number = this.rows.find(name) ?? this.rows.insert(name);
    this.known.set(name, number);
    return number;
  }

  forget(): void {
    this.known.clear();
  }
}

interface NumberedGraph {
  readonly number: number;
  /** By job; '' for the graph's own. */
  readonly streams: Map<string, number>;
}

/** The numbers of streams: read or inserted once, then kept in memory, those of a graph together. */
export class NumberedStreams {
  private readonly known = new Map<string, NumberedGraph>();
  private kept = 0;
  private readonly graphs: NumberedRows;
  private readonly streams: NumberedRows;

  constructor(
    db: Database,
    private readonly namespace: string,
  ) {
    this.graphs = new NumberedRows(db, 'graphs', ['namespace', 'name']);
    this.streams = new NumberedRows(db, 'streams', ['graph', 'job']);
  }

  find({ graphId, jobId }: StreamId): number | null {
    const graph = this.graph(graphId);
    if (graph === null) return null;
    const job = jobId ?? '';
    const known = graph.streams.get(job);
    if (known !== undefined) return known;
    const found = this.streams.find(graph.number, job);
    return found === null ? null : this.keep(graph, job, found);
  }

  /** As {@link find}; a stream that is not there is made. */
  get(stream: StreamId): number {
    const found = this.find(stream);
    if (found !== null) return found;
    const { graphId, jobId } = stream;
    const graph = this.graph(graphId) ?? this.keepGraph(graphId, this.graphs.insert(this.namespace, graphId));
    return this.keep(graph, jobId ?? '', this.streams.insert(graph.number, jobId ?? ''));
  }

  forget(): void {
    this.known.clear();
    this.kept = 0;
  }

  private graph(graphId: string): NumberedGraph | null {
    const known = this.known.get(graphId);
    if (known !== undefined) return known;
    const found = this.graphs.find(this.namespace, graphId);
    return found === null ? null : this.keepGraph(graphId, found);
  }

  private keepGraph(graphId: string, number: number): NumberedGraph {
    if (this.kept >= numbersKeptMax) this.forget();
    this.kept += 1;
    const graph = { number, streams: new Map<string, number>() };
    this.known.set(graphId, graph);
    return graph;
  }

  private keep(graph: NumberedGraph, job: string, number: number): number {
    if (this.kept >= numbersKeptMax) this.forget();
    this.kept += 1;
    graph.streams.set(job, number);
    return number;
  }
}
