/**
 * Runs server-side projections without a server, by the rules of EventStoreDB 23.10: how it chooses events, partitions
 * them, keeps state between them and writes what is emitted. A projection sees nothing here that it would not see there:
 * no clock, no chance, no timers, no modules.
 */
import { randomUUID } from 'node:crypto';
import vm from 'node:vm';

/** An event as the server keeps it: text, and where it is stored. */
export interface ServerEvent {
  readonly streamId: string;
  readonly sequenceNumber: number;
  readonly eventId: string;
  readonly eventType: string;
  readonly isJson: boolean;
  readonly data: string | null;
  readonly metadata: string | null;
}

/** What a projection has written, by `emit` or (with the type `$>` and data such as `0@stream`) by `linkTo`. */
export interface Emitted {
  readonly streamId: string;
  readonly eventType: string;
  readonly data: string;
}

/** What a projection reads, and how: what the server calls its source definition. */
export interface Definition {
  allStreams: boolean;
  categories: string[];
  streams: string[];
  allEvents: boolean;
  events: string[];
  byStreams: boolean;
  byCustomPartitions: boolean;
  definesStateTransform: boolean;
  definesFold: boolean;
  handlesDeletedNotifications: boolean;
  producesResults: boolean;
  includeLinks: boolean;
  resultStreamName: string | null;
}

type Value = unknown;
type Function = (...values: readonly Value[]) => Value;

/** What may be called on what a call has returned. */
const available = {
  fromAll: ['when', 'partitionBy', 'outputState', 'foreachStream'],
  fromCategory: ['when', 'partitionBy', 'outputState', 'foreachStream'],
  fromStream: ['when', 'partitionBy', 'outputState'],
  fromStreams: ['when', 'partitionBy', 'outputState'],
  foreachStream: ['when'],
  partitionBy: ['when'],
  when: ['transformBy', 'filterBy', 'outputState'],
  outputState: ['transformBy', 'filterBy'],
  transformBy: ['transformBy', 'filterBy', 'outputState'],
  filterBy: ['transformBy', 'filterBy', 'outputState'],
} as const;

/** All of the language that a projection may use. */
const language = new Set([
  ...['Object', 'Function', 'Array', 'String', 'Number', 'Boolean', 'Math', 'JSON', 'RegExp', 'Map', 'Set', 'Symbol'],
  ...['Error', 'TypeError', 'RangeError', 'SyntaxError', 'URIError', 'ReferenceError', 'EvalError'],
  ...['undefined', 'NaN', 'Infinity', 'parseInt', 'parseFloat', 'isNaN', 'isFinite', 'globalThis'],
  ...['encodeURIComponent', 'decodeURIComponent', 'encodeURI', 'decodeURI'],
]);

/** In the projection's world: an event whose JSON is read when it is asked for, and a state's JSON written. */
const inside = `({
  event(fields, partition) {
    const raw = JSON.parse(fields);
    const event = {};
    const show = (name, get) => Object.defineProperty(event, name, { get, enumerable: true });
    for (const name of ['streamId', 'sequenceNumber', 'eventId', 'eventType', 'isJson']) show(name, () => raw[name]);
    show('bodyRaw', () => raw.data);
    show('metadataRaw', () => raw.metadata);
    show('partition', () => partition);
    let body, metadata;
    const readBody = () => {
      if (!raw.isJson) return undefined;
      body ??= JSON.parse(raw.data);
      if (typeof body !== 'object') throw new Error('the server cannot read data that is no object');
      return body;
    };
    show('body', readBody);
    show('data', readBody);
    show('metadata', () => (metadata ??= raw.metadata === null ? null : JSON.parse(raw.metadata)));
    return event;
  },
  write(value) {
    return JSON.stringify(value, (key, each) => {
      if (typeof each === 'function') throw new Error('the server cannot keep a function: ' + key);
      if (typeof each === 'number' && !Number.isFinite(each)) throw new Error('the server cannot keep ' + each + ': ' + key);
      return each;
    });
  },
})`;

interface Inside {
  event(fields: string, partition: string): unknown;
  write(value: unknown): string;
}

/** One execution of a projection's script, and what it has said of itself. Lives until the projection is restarted. */
class Engine {
  readonly definition: Definition = {
    allStreams: false,
    categories: [],
    streams: [],
    allEvents: true,
    events: [],
    byStreams: false,
    byCustomPartitions: false,
    definesStateTransform: false,
    definesFold: false,
    handlesDeletedNotifications: false,
    producesResults: false,
    includeLinks: false,
    resultStreamName: null,
  };
  readonly handlers = new Map<string, Function>();
  readonly transforms: { readonly isFilter: boolean; readonly call: Function }[] = [];
  partitionBy: Function | null = null;
  readonly world: vm.Context;
  readonly inside: Inside;
  emitted: Emitted[] = [];

  constructor(source: string, canEmit: boolean) {
    this.world = vm.createContext({}, { codeGeneration: { strings: false, wasm: false } });
    this.inside = vm.runInContext(inside, this.world) as Inside;
    vm.runInContext(
      `for (const name of Object.getOwnPropertyNames(globalThis)) {
        if (!${JSON.stringify([...language])}.includes(name)) delete globalThis[name];
      }
      delete Math.random;`,
      this.world,
    );
    const defining = this.definingFunctions();
    Object.assign(this.world, defining, { log: () => undefined });
    vm.runInContext(source, this.world, { timeout: 5000 });
    for (const name of Object.keys(defining)) delete this.world[name];
    Object.assign(this.world, this.writingFunctions(canEmit));
  }

  private definingFunctions(): Record<string, Function> {
    const from =
      (name: keyof typeof available, add: (...names: string[]) => void) =>
      (...given: readonly Value[]) => {
        const names = given.flat().map((each) => {
          if (typeof each !== 'string') throw new Error(`${name} takes names`);
          return each;
        });
        add(...names);
        return this.next(name);
      };
    const { definition } = this;
    return {
      options: (given) => this.setOptions(given as Record<string, unknown>),
      fromAll: from('fromAll', () => (definition.allStreams = true)),
      fromStream: from('fromStream', (name) => definition.streams.push(name)),
      fromStreams: from('fromStreams', (...names) => definition.streams.push(...names)),
      fromCategory: from('fromCategory', (...names) => {
        if (names.length === 1) definition.categories.push(names[0]!);
        else definition.streams.push(...names.map((name) => `$ce-${name}`));
      }),
    };
  }

  private setOptions(given: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(given)) {
      if (name === '$includeLinks') this.definition.includeLinks = value === true;
      else if (name === 'resultStreamName') this.definition.resultStreamName = String(value);
      else throw new Error(`this runner does not know the option ${name}`);
    }
  }

  private next(name: keyof typeof available): Record<string, Function> {
    return Object.fromEntries(available[name].map((each) => [each, this.chained(each)]));
  }

  private chained(name: (typeof available)[keyof typeof available][number]): Function {
    const { definition } = this;
    return (given) => {
      if (name === 'when') {
        definition.definesFold = true;
        for (const [type, handler] of Object.entries(given as object)) this.handle(type, handler as Function);
      } else if (name === 'foreachStream') definition.byStreams = true;
      else if (name === 'outputState') definition.producesResults = true;
      else if (typeof given !== 'function') throw new Error(`${name} takes a function`);
      else if (name === 'partitionBy') {
        definition.byCustomPartitions = true;
        this.partitionBy = given as Function;
      } else {
        Object.assign(definition, { definesStateTransform: true, producesResults: true });
        this.transforms.push({ isFilter: name === 'filterBy', call: given as Function });
      }
      return this.next(name);
    };
  }

  private handle(type: string, handler: Function): void {
    this.handlers.set(type, handler);
    if (type === '$any') this.definition.allEvents = true;
    else if (type === '$deleted') this.definition.handlesDeletedNotifications = true;
    else if (type !== '$init' && type !== '$created') {
      this.definition.allEvents = false;
      this.definition.events.push(type);
    }
  }

  private writingFunctions(canEmit: boolean): Record<string, Function> {
    const write = (streamId: Value, eventType: Value, data: string) => {
      if (!canEmit) throw new Error("'emit' is not allowed by the projection/configuration/mode");
      for (const text of [streamId, eventType]) {
        if (typeof text !== 'string' || text.trim() === '') throw new Error('streams and events need names');
      }
      this.emitted.push({ streamId: streamId as string, eventType: eventType as string, data });
      return undefined;
    };
    return {
      emit: (streamId, eventType, body) => {
        if (typeof body !== 'object' || body === null) throw new Error('what is emitted is an object');
        return write(streamId, eventType, this.inside.write(body));
      },
      linkTo: (streamId, event) => {
        const { sequenceNumber, streamId: source } = event as ServerEvent;
        if (typeof sequenceNumber !== 'number' || typeof source !== 'string') throw new Error('Invalid link to event');
        return write(streamId, '$>', `${sequenceNumber}@${source}`);
      },
    };
  }
}

/** One projection, fed with events. */
export class ProjectionRunner {
  /** States as the server writes them down, by partition; `''` is the one of a projection without partitions. */
  readonly states = new Map<string, string>();
  readonly results = new Map<string, string>();
  private engine: Engine;
  /** The partition whose state the engine holds: only for another is one read from what was written. */
  private held: { readonly partition: string; state: Value } | null = null;

  constructor(
    private readonly source: string,
    private readonly canEmit = true,
  ) {
    this.engine = new Engine(source, canEmit);
  }

  get definition(): Readonly<Definition> {
    return this.engine.definition;
  }

  /** What a restarted server does: the script runs anew, and states are read from what was written. */
  restart(): void {
    this.engine = new Engine(this.source, this.canEmit);
    this.held = null;
  }

  /** The partition of an event; null if the projection skips it. */
  partitionOf(event: ServerEvent): string | null {
    const { byStreams } = this.definition;
    if (byStreams) return event.streamId;
    if (this.engine.partitionBy === null) return '';
    const partition = this.engine.partitionBy(this.engine.inside.event(JSON.stringify(event), ''));
    return typeof partition === 'string' || typeof partition === 'number' ? String(partition) : null;
  }

  /** Takes an event if the projection's source lets it through, and returns what was emitted for it. */
  take(event: ServerEvent): readonly Emitted[] {
    if (!this.isLetThrough(event)) return [];
    const partition = this.partitionOf(event);
    if (partition === null) return [];
    const held = this.hold(partition, event);
    if (event.isJson && event.data!.trim() === '') return [];
    const handler = this.engine.handlers.get(event.eventType) ?? this.engine.handlers.get('$any');
    const state = handler === undefined ? event.data : handler(held.state, this.eventFor(event, partition));
    if (state !== undefined) held.state = state;
    this.keep(partition, held.state);
    return this.takeEmitted();
  }

  /** A stream has been deleted, in a projection `foreachStream`. */
  delete(partition: string): void {
    const held = this.hold(partition, null);
    this.engine.handlers.get('$deleted')?.(held.state, null, partition, false);
    this.keep(partition, held.state);
  }

  state<A = unknown>(partition = ''): A {
    return JSON.parse(this.states.get(partition) ?? '{}') as A;
  }

  private isLetThrough({ streamId, eventType, isJson, data }: ServerEvent): boolean {
    const { allStreams, categories, streams, allEvents, events, includeLinks } = this.definition;
    const isOfServer = /^\$(\$\$|[^$])/.test(streamId);
    const isFromSource = allStreams
      ? !isOfServer && (includeLinks || eventType !== '$>')
      : categories.includes(streamId.split('-', 1)[0]!) || streams.includes(streamId);
    if (!isFromSource || !(allEvents || events.includes(eventType))) return false;
    return !isJson || isValidJson(data);
  }

  private hold(partition: string, event: ServerEvent | null): { readonly partition: string; state: Value } {
    if (this.held?.partition === partition) return this.held;
    const { inside, handlers, world } = this.engine;
    const written = this.states.get(partition) ?? '';
    if (written !== '') {
      const state: Value = (vm.runInContext('JSON', world) as JSON).parse(written);
      return (this.held = { partition, state });
    }
    const held = { partition, state: (handlers.get('$init') ?? (() => ({})))() };
    if (event !== null) handlers.get('$created')?.(held.state, inside.event(JSON.stringify(event), partition));
    return (this.held = held);
  }

  private eventFor(event: ServerEvent, partition: string): unknown {
    return this.engine.inside.event(JSON.stringify(event), partition);
  }

  private keep(partition: string, state: Value): void {
    this.states.set(partition, this.written(state));
    let result = state;
    for (const { isFilter, call } of this.engine.transforms) {
      const answer = call(result);
      if (!isFilter) result = answer;
      else if (answer !== true) result = null;
      if (result === null || result === undefined) break;
    }
    this.results.set(partition, this.written(result));
  }

  private written(value: Value): string {
    if (value === null || value === undefined) return '';
    return typeof value === 'string' ? value : this.engine.inside.write(value);
  }

  private takeEmitted(): readonly Emitted[] {
    const { emitted } = this.engine;
    this.engine.emitted = [];
    return emitted;
  }
}

/** As much of a server as projections need: streams, and projections that follow them and each other. */
export class ProjectionServer {
  readonly log: ServerEvent[] = [];
  private readonly streams = new Map<string, ServerEvent[]>();
  private readonly projections: { readonly runner: ProjectionRunner; next: number }[] = [];

  install(source: string): ProjectionRunner {
    const runner = new ProjectionRunner(source);
    this.projections.push({ runner, next: 0 });
    return runner;
  }

  append(streamId: string, event: Omit<ServerEvent, 'streamId' | 'sequenceNumber'>): void {
    const stream = this.streams.get(streamId) ?? [];
    this.streams.set(streamId, stream);
    const appended = { ...event, streamId, sequenceNumber: stream.length };
    stream.push(appended);
    this.log.push(appended);
  }

  /** Lets every projection catch up. */
  settle(): void {
    for (let isSettled = false; !isSettled;) {
      isSettled = true;
      for (const projection of this.projections) {
        while (projection.next < this.log.length) {
          isSettled = false;
          for (const { streamId, eventType, data } of projection.runner.take(this.log[projection.next++]!)) {
            this.append(streamId, {
              eventId: randomUUID(),
              eventType,
              data,
              isJson: eventType !== '$>',
              metadata: null,
            });
          }
        }
      }
    }
  }

  /** A stream's events; for a link, the event it leads to. */
  stream(streamId: string): readonly ServerEvent[] {
    return (this.streams.get(streamId) ?? []).map((event) => {
      if (event.eventType !== '$>') return event;
      const [, number = '', source = ''] = /^(\d+)@(.*)$/s.exec(event.data!)!;
      return this.streams.get(source)![Number(number)]!;
    });
  }
}

function isValidJson(text: string | null): boolean {
  try {
    JSON.parse(text ?? '');
    return true;
  } catch {
    return false;
  }
}
