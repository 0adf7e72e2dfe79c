import type { Command } from 'commander';
import type { ExitCode } from '../failure.js';
import type { Invocation } from './invocation.js';
import type { CommonOptions } from './settings.js';

/** Does what a command does and says how it ended; nothing said means well. */
type CommandBody<Options extends CommonOptions> = (
  invocation: Invocation<Options>,
  ...args: string[]
) => Promise<ExitCode | void>;

/** Commands are loaded when they are called: each needs libraries the others have no use for. */
export type Load<Options extends CommonOptions> = () => Promise<CommandBody<Options>>;

/** Adds a command to the command line; its options follow. */
export type Add = <Options extends CommonOptions>(
  name: string,
  description: string,
  example: string,
  load: Load<Options>,
) => Command;

/** For an option that may be given several times. */
export const several = (value: string, before: readonly string[] | undefined) => [...(before ?? []), value];

export const graphMoment = 'as of this moment: a time, @POSITION or #N, the N-th event of the graph';
