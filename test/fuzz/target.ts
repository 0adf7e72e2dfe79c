import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Kind } from './inputs.js';
import { Random, seedOf } from './random.js';

/** What a decoder made of an input. */
export interface Verdict {
  readonly isAccepted: boolean;
  /** Sentences for people that came with it. */
  readonly said: readonly string[];
}

/** A decoder, and what must hold of it beside what must hold of all: see rules.ts. */
export interface TargetSpec<Input> {
  readonly name: string;
  readonly kind: Kind<Input>;
  /** Valid inputs beside those of the corpus. */
  readonly seeds: readonly Input[] | (() => Promise<readonly Input[]>);
  /** Words that mean something to the decoder. */
  readonly words?: readonly string[];
  /** How many inputs it gets in every run of the tests. */
  readonly inputs: number;
  /** Whether it is defined for every input, and never refuses one. */
  readonly isTotal?: boolean;
  /** Processor time for one input, in milliseconds. Default 250. */
  readonly cpuMsMax?: number;
  /** What no sentence about this input may hold. */
  readonly secretsIn?: (input: Input) => readonly string[];
  /** Turns a mutated input into one that goes deeper: with a sum that is right again, say. Gets a chance of its own. */
  readonly mended?: (input: Input, random: Random) => Input;
  /**
   * Decodes, and throws a {@link Violation} if something does not hold. Errors of the documented kinds count as a refusal,
   * all others as a failure.
   */
  decode(input: Input): Verdict | Promise<Verdict>;
  close?(): void | Promise<void>;
}

/** Something that must hold does not. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function demand(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Violation(sentence);
}

export function accepted(...said: readonly string[]): Verdict {
  return { isAccepted: true, said };
}

export function refused(...said: readonly string[]): Verdict {
  return { isAccepted: false, said };
}

/** An input, ready to be decoded. */
export interface Case {
  readonly size: number;
  /** What no sentence about it may hold. */
  readonly secrets: readonly string[];
  decode(): Promise<Verdict>;
  write(): Uint8Array;
  smaller(): readonly Case[];
}

/** A target that was opened: its inputs. */
export interface Opened {
  /** Those of the corpus, and the valid ones. */
  readonly known: readonly Case[];
  /** A new one, which depends on the seed alone. */
  fresh(seed: number): Case;
  close(): Promise<void>;
}

export interface Target extends Pick<TargetSpec<never>, 'name' | 'inputs' | 'isTotal' | 'cpuMsMax'> {
  open(): Promise<Opened>;
}

const corpus = resolve(import.meta.dirname, 'corpus');

/** Where the corpus of a target is kept, if it has one. */
export const corpusFolder = (name: string): string => join(corpus, name);

export function target<Input>(spec: TargetSpec<Input>): Target {
  const { name, kind, words = [] } = spec;
  const caseOf = (input: Input): Case => ({
    size: kind.size(input),
    secrets: spec.secretsIn?.(input) ?? [],
    decode: async () => await spec.decode(input),
    write: () => kind.write(input),
    smaller: () => kind.smaller(input).map(caseOf),
  });
  return {
    ...spec,
    async open() {
      const seeds = typeof spec.seeds === 'function' ? await spec.seeds() : spec.seeds;
      const folder = corpusFolder(name);
      const found = (existsSync(folder) ? readdirSync(folder) : [])
        .sort()
        .map((file) => kind.read(readFileSync(join(folder, file))));
      const all = [...seeds, ...found];
      return {
        known: all.map(caseOf),
        fresh(seed) {
          const random = new Random(seedOf(name, seed));
          const mutated = kind.mutated(random.pick(all), random, { others: all, words });
          return caseOf(spec.mended !== undefined && random.chance(0.6) ? spec.mended(mutated, random) : mutated);
        },
        close: async () => await spec.close?.(),
      };
    },
  };
}
