import type { Command } from 'commander';
import { type ExitCode, exitCodes } from '../failure.js';
import type { Terminal } from '../output/terminal.js';
import { Invocation } from './invocation.js';
import type { CommonOptions } from './settings.js';

/** Does what a command does and returns its exit code; none means `good`. */
type CommandBody<Options extends CommonOptions> = (
  invocation: Invocation<Options>,
  ...args: string[]
) => Promise<ExitCode | void>;

interface Declaration<Options extends CommonOptions> {
  readonly description: string;
  readonly example: string;
  /** Imports the body when the command is called: each needs libraries that the others do not. */
  readonly load: () => Promise<CommandBody<Options>>;
}

/** Adds a command to the command line. Returns it, for its arguments and flags to be declared. */
export type Add = <Options extends CommonOptions>(name: string, declaration: Declaration<Options>) => Command;

/** @param onEnd receives the exit code of the command that was called */
export function addingTo(parent: Command, terminal: Terminal, onEnd: (code: ExitCode) => void): Add {
  return <Options extends CommonOptions>(name: string, { description, example, load }: Declaration<Options>) =>
    parent
      .command(name)
      .description(description)
      .addHelpText('after', `\nExample:\n  $ ${example}`)
      .action(async (...received: unknown[]) => {
        const command = received.at(-1) as Command;
        const args = received.slice(0, -2).flat();
        const words = args.filter((arg) => typeof arg === 'string');
        const invocation = new Invocation(command.optsWithGlobals<Options>(), terminal);
        const body = await load();
        onEnd((await body(invocation, ...words)) ?? exitCodes.good);
      });
}

/** For a flag that may be given several times. */
export const several = (value: string, before: readonly string[] | undefined) => [...(before ?? []), value];

export const graphMoment = 'as of this moment: a time, @POSITION or #N, the N-th event of the graph';

/** Flags that choose among the jobs of a graph. */
export function jobFilterFlags(command: Command, { types = 'jobs of this type' } = {}): Command {
  return command
    .option('--status <status>', 'only jobs of this status; several with commas, or given several times', several)
    .option('--type <type>', `only ${types}`, several)
    .option('--job <job>', 'only this job; * stands for any characters', several);
}
