import type { Command } from 'commander';
import { type Add, several } from '../../call/add-command.js';
import { reasonFlags } from './reason-flags.js';

/** Commands by which an operator steps in. */
export function addOperating(add: Add): void {
  addAbort(add);
  addRetry(add);
  addAnswer(add);
  addPause(add);
  addResume(add);
  addPauses(add);
}

/** Commands that prepare a store and examine it. */
export function addStoreCare(add: Add): void {
  addInstall(add);
  addDoctor(add);
  addArchive(add);
}

function addAbort(add: Add): void {
  const command = add('abort', {
    description: 'abort a graph, or a job and all that depend on it; or everything that matches flags',
    example: 'overseer abort nightly --reason "wrong data"',
    load: async () => (await import('./operate.js')).abortCommand,
  });
  matchingFlags(reasonFlags(command));
}

function addRetry(add: Add): void {
  const command = add('retry', {
    description: 'run again what failed or was aborted',
    example: 'overseer retry --label team=billing --status failed --dry-run',
    load: async () => (await import('./operate.js')).retryCommand,
  });
  matchingFlags(reasonFlags(command));
}

function addAnswer(add: Add): void {
  const command = add('answer', {
    description: 'answer a job that its graph calls external: it has finished with a result, or has failed',
    example: 'overseer answer invoice-7/approval --result \'{"approved":true}\' --reason "checked the sum"',
    load: async () => (await import('./answer.js')).answerCommand,
  })
    .argument('<graph/job>', 'the job')
    .option('--result <json>', 'it has finished, with this result')
    .option('--fail <text>', 'it has failed, for this reason');
  reasonFlags(command);
}

function addPause(add: Add): void {
  const command = add('pause', {
    description: 'start no more jobs of a graph, of a type, or at all, until resumed; those that run go on',
    example: 'overseer pause --type send --reason "the mail server is down"',
    load: async () => (await import('./pause.js')).pauseCommand,
  });
  reasonFlags(targetFlags(command));
}

function addResume(add: Add): void {
  const command = add('resume', {
    description: 'end a pause',
    example: 'overseer resume --type send',
    load: async () => (await import('./pause.js')).resumeCommand,
  });
  reasonFlags(targetFlags(command));
}

function addPauses(add: Add): void {
  add('pauses', {
    description: 'list what is paused',
    example: 'overseer pauses',
    load: async () => (await import('./pause.js')).pausesCommand,
  }).option('--at <moment>', 'as of this moment: a time or @POSITION');
}

function matchingFlags(command: Command): Command {
  return command
    .argument('[graph[/job]]', 'what is meant, unless flags say it')
    .option('--label <key=value>', 'all graphs with this label; may be given several times', several)
    .option('--type <type>', 'jobs of this type, in the graph or in all graphs')
    .option('--status <status>', 'graphs of this status; with a graph or --type, jobs of this status')
    .option('--limit <n>', 'at most N of them')
    .option('--dry-run', 'list what would be changed, and change nothing')
    .option('--yes', 'do it: needed where flags select')
    .addHelpText('before', 'Exits with 1 if something that matches could not be changed.\n');
}

function targetFlags(command: Command): Command {
  return command
    .argument('[graph]', 'a graph, or one of the two flags')
    .option('--type <type>', 'jobs of this type, in all graphs')
    .option('--all', 'all work of the namespace');
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

function addArchive(add: Add): void {
  add('archive', {
    description: 'move graphs that are over out of the file, into compressed files beside it that every command reads',
    example: 'overseer archive --older-than 90d --dry-run',
    load: async () => (await import('./archive.js')).archiveCommand,
  })
    .option('--older-than <age>', 'graphs whose last event is at least so old: 90d, 12h, "1d 12h"')
    .option('--dry-run', 'say what would be moved, and change nothing')
    .option('--compact', 'make the file smaller afterwards; whoever writes to it waits meanwhile')
    .addHelpText('before', 'Stopped by Ctrl+C, it ends after the batch that is being moved, with exit code 1.\n');
}
