import { extname } from 'node:path';
import type { JobGraph } from '../../domain/job-graph.js';
import { assertHandler, type Handlers, InvalidHandlerError } from '../../handlers/handler.js';
import { isPipeline } from '../../pipeline/pipeline.js';
import { type OverseerError, wordsFor } from '../../prelude/errors.js';
import { isPlainObject } from '../../prelude/json.js';
import { assertFile, readDataFile, shownPath } from './data-file.js';
import { UsageError } from '../failure.js';
import { asGraph, type GraphOverrides } from './graph-form.js';
import { thrownAt } from '../output/thrown-at.js';
import { type Exports, type Held, isSourceFile, loadSourceFile, misnamed, sourceExtensions } from './source-file.js';

const dataExtensions = ['.yaml', '.yml', '.json'];

/** A file that was read: the graph and the handlers in it. */
export interface WorkFile {
  /** @throws UsageError `graph-missing` or `graph-invalid` */
  graph(overrides: GraphOverrides): Promise<JobGraph>;
  /** Null if it holds none. @throws UsageError `handlers-invalid` */
  handlers(): Promise<Held<Handlers> | null>;
  /** The end of a sentence about an export that is missing. */
  misnamed(name: string): string;
}

/**
 * Reads a file for `run`, `submit` or `worker`: data (YAML, JSON) that holds a graph, or a program (TypeScript,
 * JavaScript) that exports `graph`, `handlers` or both, by these names or in an object by default. An export that is a
 * function is called with the args. A pipeline is such an object, and checks them.
 *
 * @throws UsageError naming the file and what is wrong in it
 */
export async function readWorkFile(file: string, args: Readonly<Record<string, unknown>> = {}): Promise<WorkFile> {
  const where = shownPath(file);
  if (dataExtensions.includes(extname(file).toLowerCase())) {
    const data = readDataFile(file);
    return {
      graph: (overrides) => Promise.resolve(asGraph(data, where, overrides)),
      handlers: () => Promise.resolve(null),
      misnamed: () => '',
    };
  }
  assertFile(file);
  if (!isSourceFile(file)) {
    const kinds = [...sourceExtensions, ...dataExtensions].join(' ');
    throw new UsageError('file-unreadable', `${where} cannot be read: its name must end in one of ${kinds}`);
  }
  const { held } = await loadSourceFile(file);
  return new SourceWork(held, where, args);
}

/** The exports of a program. Those that are functions are called once, when their result is needed. */
class SourceWork implements WorkFile {
  private main: Promise<Held<unknown>> | null = null;

  constructor(
    private readonly exports: Exports,
    private readonly where: string,
    private readonly args: Readonly<Record<string, unknown>>,
  ) {}

  async graph(overrides: GraphOverrides): Promise<JobGraph> {
    const { args: _args, ...withoutArgs } = overrides;
    const { graph } = this.exports;
    if (graph !== undefined) {
      const { held } = await this.called(graph, 'graph');
      return asGraph(held, this.where, typeof graph === 'function' ? withoutArgs : overrides);
    }
    const { held: main } = await this.default();
    if (isPipeline(main)) return asGraph((await this.called(main.graph, 'graph')).held, this.where, withoutArgs);
    const definition = definitionIn(main);
    if (Object.keys(definition).length === 0) {
      throw new UsageError(
        'graph-missing',
        `${this.where} exports no graph; export it as \`graph\` or by default${this.misnamed('graph')}`,
      );
    }
    if (typeof definition['graph'] === 'function') {
      const { held } = await this.called(definition['graph'], 'graph');
      return asGraph({ ...definition, graph: held }, this.where, withoutArgs);
    }
    return asGraph(definition, this.where, typeof this.exports['default'] === 'function' ? withoutArgs : overrides);
  }

  async handlers(): Promise<Held<Handlers> | null> {
    const { handlers } = this.exports;
    if (handlers !== undefined) return { held: asHandlers(handlers, this.where) };
    const { held: main } = await this.default();
    if (isPipeline(main)) return { held: asHandlers(handlersOf(main, this.where), this.where) };
    const found = isContainer(main) ? main['handlers'] : looksLikeHandlers(main) ? main : undefined;
    return found === undefined ? null : { held: asHandlers(found, this.where) };
  }

  misnamed(name: string): string {
    const { default: main } = this.exports;
    const pipeline = Object.keys(this.exports).find((key) => isPipeline(this.exports[key]));
    if (pipeline !== undefined) return `; its export ${pipeline} is a pipeline: export it by default`;
    return misnamed(this.exports, name) || (isPlainObject(main) ? misnamed(main, name) : '');
  }

  private async default(): Promise<Held<unknown>> {
    this.main ??= this.called(this.exports['default'], 'default');
    return await this.main;
  }

  private async called(value: unknown, name: string): Promise<Held<unknown>> {
    if (typeof value !== 'function') return await resolved(value);
    try {
      return await resolved((value as (args: unknown) => unknown)(this.args));
    } catch (error) {
      if (isInvalidGraph(error))
        throw new UsageError('graph-invalid', `${this.where}: ${error.message}`, { cause: error });
      const sentence = `${this.where}: its export ${name} threw when called: ${wordsFor(error)}${thrownAt(error)}`;
      throw new UsageError('file-throws', sentence, { cause: error });
    }
  }
}

/** What a graph or a schema refuses is said as it is, whichever copy of this library was asked. */
function isInvalidGraph(error: unknown): error is Error {
  return error instanceof Error && (error as Partial<OverseerError>).code === 'graph-invalid';
}

/** The handlers of a pipeline. @throws UsageError `handlers-missing` while some are missing */
function handlersOf(pipeline: { readonly handlers: unknown }, where: string): unknown {
  try {
    return pipeline.handlers;
  } catch (error) {
    throw new UsageError('handlers-missing', `${where}: ${wordsFor(error)}`, { cause: error });
  }
}

/** The value of a promise, and any other value as it is: a plain object is no promise, whatever its members are called. */
async function resolved(value: unknown): Promise<Held<unknown>> {
  return { held: isPlainObject(value) ? value : await value };
}

/** Whether it is an object of exports. In a graph with types called `handlers` and `graph`, these would be lists. */
function isContainer(value: unknown): value is Record<string, unknown> {
  if (!isPlainObject(value)) return false;
  return isPlainObject(value['handlers']) || isPlainObject(value['graph']) || typeof value['graph'] === 'function';
}

function definitionIn(main: unknown): Record<string, unknown> {
  if (!isPlainObject(main) || looksLikeHandlers(main)) return {};
  if (!isContainer(main)) return main;
  const { handlers: _handlers, ...definition } = main;
  return definition;
}

function looksLikeHandlers(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const values = Object.values(value);
  return (
    values.length > 0 &&
    values.every((each) => typeof each === 'function' || (isPlainObject(each) && 'process' in each))
  );
}

function asHandlers(value: unknown, where: string): Handlers {
  if (!isPlainObject(value)) {
    throw new UsageError('handlers-invalid', `${where}: its handlers must be an object of handlers by job type`);
  }
  try {
    for (const [type, handler] of Object.entries(value)) {
      assertHandler(handler, `the handler of type ${JSON.stringify(type)}`);
    }
  } catch (error) {
    if (!(error instanceof InvalidHandlerError)) throw error;
    throw new UsageError('handlers-invalid', `${where}: ${error.message}`, { cause: error });
  }
  return value as Handlers;
}

/** The handlers in a file that must have some. @throws UsageError `handlers-missing` if it has none */
export async function readHandlers(file: string): Promise<Held<Handlers>> {
  const work = await readWorkFile(file);
  const handlers = await work.handlers();
  if (handlers !== null && Object.keys(handlers.held).length > 0) return handlers;
  throw new UsageError(
    'handlers-missing',
    `${shownPath(file)} exports no handlers; export an object of handlers by job type as \`handlers\`${work.misnamed('handlers')}`,
  );
}
