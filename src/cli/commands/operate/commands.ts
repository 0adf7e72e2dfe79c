import type { Command } from 'commander';
import type { Add } from '../../call/add-command.js';

/** Commands by which an operator steps in. */
export function addOperating(add: Add): void {
  addAbort(add);
  addRetry(add);
}

/** Commands that prepare a store and examine it. */
export function addStoreCare(add: Add): void {
  addInstall(add);
  addDoctor(add);
}

function addAbort(add: Add): void {
  const command = add('abort', {
    description: 'abort a graph, or a job and all that depend on it',
    example: 'overseer abort nightly --reason "wrong data"',
    load: async () => (await import('./operate.js')).abortCommand,
  });
  reasonFlags(command).argument('<graph[/job]>');
}

function addRetry(add: Add): void {
  const command = add('retry', {
    description: 'run again what failed or was aborted',
    example: 'overseer retry nightly/report',
    load: async () => (await import('./operate.js')).retryCommand,
  });
  reasonFlags(command).argument('<graph[/job]>');
}

function addInstall(add: Add): void {
  add('install', {
    description: 'prepare a store; harmless if it exists already',
    example: 'overseer install --store sqlite:/var/lib/overseer.db',
    load: async () => (await import('./install.js')).installCommand,
  });
}

function addDoctor(add: Add): void {
  add('doctor', {
    description: 'check a store and say which settings are in effect',
    example: 'overseer doctor --store sqlite:./overseer.db',
    load: async () => (await import('./doctor.js')).doctorCommand,
  });
}

function reasonFlags(command: Command): Command {
  return command
    .option('--reason <text>', 'why, for the history')
    .option('--by <name>', 'who, for the history (default: USER@HOST)');
}
