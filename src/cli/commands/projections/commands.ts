import type { Command } from 'commander';
import type { Add } from '../../call/add-command.js';

/** Commands of the group `projections`. */
export function addProjections(add: Add): void {
  addStatus(add);
  addPlan(add);
  addApply(add);
  addRemove(add);
}

function addStatus(add: Add): void {
  add('status', {
    description: 'show which are installed and how they are doing; exits with 1 if one does not run',
    example: 'overseer projections status --store esdb://localhost:2113?tls=false',
    load: async () => (await import('./projections.js')).statusCommand,
  });
}

function addPlan(add: Add): void {
  const command = add('plan', {
    description: 'show what `apply` would do',
    example: 'overseer projections plan',
    load: async () => (await import('./projections.js')).planCommand,
  });
  names(command);
}

function addApply(add: Add): void {
  const command = add('apply', {
    description: 'install and start those that are missing; harmless if none is',
    example: 'overseer projections apply graph-history',
    load: async () => (await import('./projections.js')).applyCommand,
  });
  names(command);
}

function addRemove(add: Add): void {
  const command = add('remove', {
    description: 'remove projections from the server',
    example: 'overseer projections remove ready-jobs --delete-streams',
    load: async () => (await import('./projections.js')).removeCommand,
  });
  names(command).option('--delete-streams', 'also delete the streams they have written');
}

function names(command: Command): Command {
  return command.argument('[name...]', 'projections, such as graph-history or graph-history-v1 (default: all)');
}
