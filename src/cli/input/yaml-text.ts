/**
 * Reads YAML that people write, in bounded time and memory. The library looks for duplicate keys by comparing every two
 * keys of a mapping, goes on after thousands of mistakes, and does not count what aliases repeat by merging. So the library
 * only composes the text, without all that, and the values are made here.
 */
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import { E, type Either } from '../../prelude/fp.js';
import { numberProblem, textDepthMax, type TextProblem, tooDeep } from '../../prelude/json-text.js';

type Library = typeof Yaml;
let loaded: Library | undefined;

/** The library is loaded when there is something to read: few commands read YAML, and it takes a fifth of their start. */
function yaml(): Library {
  return (loaded ??= createRequire(import.meta.url)('yaml') as Library);
}

/** How many values the aliases of a text may repeat. */
const repeatedMax = 1_000_000;

/** What is wrong with a text in YAML. */
export interface YamlProblem extends TextProblem {
  /** Whether the text is not YAML at all. Otherwise it is, with something in it that is refused. */
  readonly isSyntax: boolean;
}

/** Carries a problem out of the library's parser, and out of the recursion here. */
class YamlError extends Error {
  constructor(readonly problem: YamlProblem) {
    super(problem.reason);
  }
}

/** The value of a text, or the first thing that is wrong with it. */
export function readYamlText(text: string): Either<YamlProblem, unknown> {
  return E.tryCatch(
    () => {
      const contents = composed(text)?.contents ?? null;
      return contents === null ? null : new Conversion().value(contents, 0).value;
    },
    (error) => {
      if (error instanceof YamlError) return error.problem;
      throw error;
    },
  );
}

type Parsed = Yaml.Document.Parsed;

/** The one document of a text; null if it holds none. */
function composed(text: string): Parsed | null {
  const composer = new (yaml().Composer)({ uniqueKeys: false, merge: true, logLevel: 'error' });
  // Stop at the first mistake: collecting the rest takes gigabytes if a text is nothing but mistakes. The library catches
  // what is thrown within a node, and reports it again for the node around it.
  let first: YamlError | null = null;
  const onError = (source: ErrorSource, _code: string, message: string) => {
    first ??= syntax(offsetIn(source), message);
    throw first;
  };
  Object.assign(composer, { onError });
  const documents: Parsed[] = [];
  const accept = (some: Iterable<Parsed>) => {
    for (const document of some) {
      if (documents.length > 0) throw syntax(document.range[0], 'it holds several documents; give one');
      const [mistake] = [...document.errors, ...document.warnings];
      if (mistake !== undefined) throw syntax(mistake.pos[0], mistake.message);
      documents.push(document);
    }
  };
  for (const token of tokensOf(text)) accept(composer.next(token));
  accept(composer.end(true, text.length));
  return documents[0] ?? null;
}

type ErrorSource = number | readonly number[] | { readonly offset: number };

function offsetIn(source: ErrorSource): number {
  if (typeof source === 'number') return source;
  return 'offset' in source ? source.offset : source[0]!;
}

function syntax(offset: number, reason: string): YamlError {
  return new YamlError({ offset, reason: cut(reason), isSyntax: true });
}

function refused(offset: number, reason: string): YamlError {
  return new YamlError({ offset, reason: cut(reason), isSyntax: false });
}

/** The library's sentences repeat what they speak of, however long it is. */
function cut(reason: string): string {
  return reason.length > reasonMax ? `${reason.slice(0, reasonMax - 1)}…` : reason;
}

const reasonMax = 300;

function nestedTooDeep(offset: number): YamlError {
  return new YamlError({ ...tooDeep(offset), isSyntax: false });
}

/** The parser has a stack of its own. The composer recurses, so what nests too deep must not reach it. */
function* tokensOf(text: string) {
  const parser = new (yaml().Parser)();
  // Two entries a level at most: a list, and the mapping in its item.
  const openMax = 2 * textDepthMax + 2;
  for (const lexeme of new (yaml().Lexer)().lex(text)) {
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error') throw syntax(token.offset, token.message);
      yield token;
    }
    if (parser.stack.length > openMax) throw nestedTooDeep(parser.offset);
  }
  yield* parser.end();
}

/** A value, how deep it nests, and how many values it consists of. */
interface Converted {
  readonly value: unknown;
  readonly height: number;
  readonly size: number;
}

class Conversion {
  private readonly anchors = new Map<string, Converted>();
  private repeated = 0;

  value(node: unknown, depth: number): Converted {
    if (depth >= textDepthMax && yaml().isCollection(node)) throw nestedTooDeep(offsetOf(node));
    if (yaml().isAlias(node)) return this.repeat(node.source, offsetOf(node), depth);
    const converted = this.ownValue(node, depth);
    const anchor = yaml().isScalar(node) || yaml().isMap(node) || yaml().isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, converted);
    return converted;
  }

  private ownValue(node: unknown, depth: number): Converted {
    if (yaml().isMap(node)) return this.mapping(node.items, depth);
    if (yaml().isSeq(node)) return this.list(node.items, depth);
    if (!yaml().isScalar(node)) return { value: null, height: 0, size: 1 };
    const { value, source = '' } = node;
    // A plain `<<` that is not a key is text.
    if (typeof value === 'symbol') return { value: source, height: 0, size: 1 };
    if (typeof value === 'number') {
      const reason = Number.isFinite(value) ? numberProblem(source) : `${source} is not a number that can be stored`;
      if (reason !== null) throw refused(offsetOf(node), reason);
    }
    return { value, height: 0, size: 1 };
  }

  /** The value of an alias. It takes no memory here, but does once it is written out. */
  private repeat(name: string, offset: number, depth: number): Converted {
    const found = this.anchors.get(name);
    if (found === undefined)
      throw syntax(offset, `Unresolved alias (the anchor must be set before the alias): ${name}`);
    if (depth + found.height > textDepthMax) throw nestedTooDeep(offset);
    this.count(found.size, offset);
    return found;
  }

  private count(size: number, offset: number): void {
    this.repeated += size;
    if (this.repeated > repeatedMax) throw refused(offset, `its aliases repeat more than ${repeatedMax} values`);
  }

  private list(items: readonly unknown[], depth: number): Converted {
    const all = items.map((item) =>
      yaml().isPair(item) ? this.mapping([item], depth + 1) : this.value(item, depth + 1),
    );
    return {
      value: all.map(({ value }) => value),
      height: 1 + all.reduce((most, { height }) => Math.max(most, height), 0),
      size: 1 + all.reduce((sum, { size }) => sum + size, 0),
    };
  }

  private mapping(items: readonly Yaml.Pair[], depth: number): Converted {
    const members = new Map<string, unknown>();
    const own = new Set<string>();
    let height = 0;
    let size = 1;
    for (const { key, value } of items) {
      // A key may have an anchor, to which its value refers.
      const name = isMerge(key) ? null : this.nameOf(key);
      const member = this.value(value, depth + 1);
      height = Math.max(height, member.height);
      size += member.size;
      if (name === null) merge(member.value, members, offsetOf(key));
      else if (own.has(name)) throw refused(offsetOf(key), `the key ${shown(name)} is given twice in one mapping`);
      else {
        own.add(name);
        members.set(name, member.value);
      }
    }
    // Entries are defined, not assigned, so that a key such as `__proto__` stays data.
    return { value: Object.fromEntries(members), height: height + 1, size };
  }

  private nameOf(key: unknown): string {
    const isOne = yaml().isScalar(key) || yaml().isAlias(key) || key === null;
    const { value } = isOne ? this.value(key, 0) : { value: key };
    if (value === null || value === undefined) return '';
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
    throw refused(offsetOf(key), 'a key is a list or a mapping; give text');
  }
}

/** Adds the members of a mapping, or of each mapping in a list, that are not there yet. */
function merge(value: unknown, into: Map<string, unknown>, offset: number): void {
  for (const source of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
    if (typeof source !== 'object' || source === null || Array.isArray(source)) {
      throw refused(offset, 'what << merges is not a mapping');
    }
    for (const [name, member] of Object.entries(source)) if (!into.has(name)) into.set(name, member);
  }
}

function isMerge(key: unknown): boolean {
  return yaml().isScalar(key) && typeof key.value === 'symbol';
}

function offsetOf(node: unknown): number {
  const { range } = (node ?? {}) as { readonly range?: readonly number[] | null };
  return range?.[0] ?? 0;
}

function shown(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 57)}…` : name);
}
