import { missingHandlers, unusedHandlers } from '../domain/build-job-graph.js';
import type { FullGraph, GraphOptions, JobArgs, JobGraph } from '../domain/job-graph.js';
import { assertHandler, type Handler, InvalidHandlerError } from '../handlers/handler.js';
import { isPlainObject } from '../prelude/json.js';
import { assertOptions, meantAmong, shownName } from '../prelude/known-names.js';
import { jobGraph, MissingHandlersError } from '../store/define.js';
import { type ArgsSchema, assertSchema, checkedBy, type SchemaInput, type SchemaOutput } from './args-schema.js';
import type { Jsonable, JsonForm } from './json-form.js';
import { type DescribeJobs, ofPipeline, type Pipeline } from './typed-pipeline.js';

/** What a pipeline may be given beside its jobs. */
export interface PipelineOptions<Schema extends ArgsSchema = ArgsSchema> {
  /**
   * Checks the args of every graph, and says of which types they are: a schema of zod, valibot or arktype (Standard Schema), or
   * a codec of io-ts. What it gives back is stored, so defaults are filled in once.
   */
  readonly args: Schema;
}

/** Any pipeline, for what needs to know only that it is one. */
interface AnyPipeline {
  readonly [ofPipeline]: Readonly<Record<string, string>>;
  readonly handlers: unknown;
  readonly graph: (args?: JobArgs, options?: GraphOptions) => JobGraph;
}

/**
 * A graph and its handlers, whose types fit each other. First the type of its args, then the map of its jobs:
 *
 *     const nightly = pipeline<{ shop: string }>()({ fetch: [], count: ['fetch'] })
 *       .handle('fetch', async ({ args }) => ordersOf(args.shop))
 *       .handle('count', ({ inputs }) => inputs.fetch.length)
 *
 *     await transactGraph(db, nightly.graph({ shop: 'Oslo' }))
 *     await start({}, db, nightly.handlers)
 *
 * The map says of each job which others it depends on, or more: `{ after: ['fetch'], timeoutMs: 60_000 }`, as the full form of
 * `jobGraph` does. In place of the type of the args, a schema may be given, `pipeline({ args: schema })`, which checks them too.
 *
 * @throws InvalidGraphError as `jobGraph` does, when it is given the map; OverseerError `schema-invalid`
 */
export function pipeline<Args extends object = Record<never, never>>(): DescribeJobs<JsonForm<Args>, Jsonable<Args>>;
export function pipeline<Schema extends ArgsSchema>(
  options: PipelineOptions<Schema>,
): DescribeJobs<JsonForm<SchemaOutput<Schema>>, SchemaInput<Schema>>;
export function pipeline(options: Partial<PipelineOptions> = {}): DescribeJobs<never, never> {
  assertOptions<Partial<PipelineOptions>>('pipeline', options, { args: true });
  const { args: schema } = options;
  if (schema !== undefined) assertSchema(schema);
  const describe = (jobs: unknown) => made(partsOf(jobs, schema));
  return describe as unknown as DescribeJobs<never, never>;
}

/** Whether a value is a pipeline, of this copy of the library or another. */
export function isPipeline(value: unknown): value is AnyPipeline {
  return isPlainObject(value) && ofPipeline in value;
}

interface Parts {
  readonly definition: FullGraph;
  readonly handlers: Readonly<Record<string, Handler>>;
  readonly schema: ArgsSchema | undefined;
}

/** The parts of a pipeline that has no handlers yet but those of the jobs that are spawned. */
function partsOf(jobs: unknown, schema: ArgsSchema | undefined): Parts {
  // jobGraph says what is wrong with what is not of these types.
  const described = isPlainObject(jobs) ? Object.entries(jobs) : [];
  const definition = { jobs: Object.fromEntries(described.map(([id, job]) => [id, fullForm(id, job)])) } as FullGraph;
  jobGraph(isPlainObject(jobs) ? definition : (jobs as FullGraph));
  let handlers: Parts['handlers'] = {};
  for (const [id, job] of described) {
    if (!isPlainObject(job) || job['spawns'] === undefined) continue;
    for (const [type, handler] of Object.entries(spawnsOf(id, job['spawns']))) {
      if (handlers[type] !== handler) handlers = withHandler(handlers, type, handler);
    }
  }
  return { definition, handlers, schema };
}

/** A job of the map as the full form of a graph has it. */
function fullForm(id: string, job: unknown): unknown {
  if (!isPlainObject(job)) return Array.isArray(job) || job instanceof Set ? { type: id, after: job } : job;
  const { spawns: _, ...given } = job;
  return { type: id, ...given };
}

function spawnsOf(id: string, spawns: unknown): Readonly<Record<string, unknown>> {
  if (isPlainObject(spawns)) return spawns;
  throw new InvalidHandlerError(`spawns of job ${shownName(id)} is no object of handlers, such as { page: readPage }`);
}

function withHandler(handlers: Parts['handlers'], type: string, handler: unknown): Parts['handlers'] {
  if (Object.hasOwn(handlers, type)) throw new InvalidHandlerError(`type ${shownName(type)} has a handler already`);
  assertHandler(handler, `the handler of type ${shownName(type)}`);
  // A type may be called `__proto__`, which only a definition makes a name like others.
  return Object.fromEntries([...Object.entries(handlers), [type, handler]]);
}

function made(parts: Parts): unknown {
  const { definition, handlers, schema } = parts;
  const types = Object.entries(definition.jobs).map(([id, { type }]) => [id, type] as const);
  const whole: Pick<Pipeline<never, never, never, never>, typeof ofPipeline> & AnyPipeline & Record<string, unknown> = {
    [ofPipeline]: Object.fromEntries(types),
    handle(type: string, handler: unknown) {
      assertType(type, definition);
      return made({ ...parts, handlers: withHandler(handlers, type, handler) });
    },
    answers: () => whole,
    get handlers() {
      const missing = missingHandlers(handlers, definition);
      if (missing.length > 0) throw new MissingHandlersError(missing, unusedHandlers(handlers, definition));
      return handlers;
    },
    graph(args: JobArgs = {}, options: GraphOptions = {}) {
      // jobGraph refuses what is no object.
      const checked = schema === undefined ? args : (checkedBy(schema, args) as JobArgs);
      return jobGraph(definition, checked, options);
    },
  };
  return Object.freeze(whole);
}

function assertType(type: unknown, { jobs }: FullGraph): void {
  const run = Object.values(jobs).filter(({ external }) => external === undefined || external === false);
  const types = [...new Set(run.map((job) => job.type))];
  if (types.some((each) => each === type)) return;
  const shown = typeof type === 'string' ? shownName(type) : String(type);
  throw new InvalidHandlerError(
    `no worker runs a job of type ${shown} in this pipeline; ${meantAmong(String(type), types)}`,
  );
}
