import { Option } from 'commander';
import { overlaps } from '../../../domain/overlap.js';
import { type Add, several } from '../../call/add-command.js';
import { reasonFlags } from '../operate/reason-flags.js';

/** Commands of the group `schedule`. */
export function addSchedules(add: Add): void {
  addSet(add);
  addLooking(add);
  addStepping(add);
  addTrigger(add);
  addBackfill(add);
}

function addSet(add: Add): void {
  const command = add('set', {
    description: 'run a graph whenever a cron line or a period says so; any running worker makes the runs',
    example: "overseer schedule set nightly report.ts --cron '0 6 * * 1-5' --timezone Europe/Oslo",
    load: async () => (await import('./set.js')).setCommand,
  });
  reasonFlags(command)
    .argument('<name>', 'its name; a run has the id NAME@INSTANT')
    .argument('<file>', 'a graph: .ts .js .mjs .json .yaml. What is stored is the graph, so the file may go')
    .option('--cron <line>', 'minute, hour, day of the month, month, day of the week; or a name such as @daily')
    .option('--timezone <zone>', 'by whose clocks the cron line is read, such as Europe/Oslo (default: UTC)')
    .option('--every <length>', 'in place of a cron line: 15m, 2h, "1d 12h"')
    .addOption(new Option('--overlap <rule>', 'if the run before has not ended (default: skip)').choices(overlaps))
    .option('--catch-up <length>', 'how late a run is still made that nobody made in time (default: 10m)')
    .option('--args <json>', 'arguments for all jobs, as a JSON object; they override those in the file')
    .option('--label <key=value>', 'a label for the runs; may be given several times', several)
    .option('--priority <n>', 'jobs of graphs with a higher priority start first')
    .option('--deadline <length>', 'abort a run that has not ended so long after its submission: 2h');
}

function addLooking(add: Add): void {
  add('list', {
    description: 'list the schedules, when each is due next, and how its last run stands',
    example: 'overseer schedule list',
    load: async () => (await import('./look.js')).listCommand,
  }).option('--at <moment>', 'as of this moment: a time or @POSITION');
  add('show', {
    description: 'show a schedule, its next runs, and what was decided lately',
    example: 'overseer schedule show nightly',
    load: async () => (await import('./look.js')).showCommand,
  })
    .argument('<name>')
    .option('--limit <n>', 'the last N decisions (default: 20)')
    .option('--at <moment>', 'as of this moment: a time or @POSITION');
}

function addStepping(add: Add): void {
  const pausing = add('pause', {
    description: 'make no run of what falls due, until resumed; runs that there are go on',
    example: 'overseer schedule pause nightly --reason "the source is down"',
    load: async () => (await import('./operate.js')).pauseCommand,
  });
  reasonFlags(pausing).argument('<name>');
  const resuming = add('resume', {
    description: 'end a pause: what falls due from now on is made',
    example: 'overseer schedule resume nightly',
    load: async () => (await import('./operate.js')).resumeCommand,
  });
  reasonFlags(resuming).argument('<name>');
  const removing = add('remove', {
    description: 'make no run any more; runs that there are go on, and the history stays',
    example: 'overseer schedule remove nightly',
    load: async () => (await import('./operate.js')).removeCommand,
  });
  reasonFlags(removing).argument('<name>');
}

function addTrigger(add: Add): void {
  const command = add('trigger', {
    description: 'ask for a run now; it begins when the run before it has ended. Prints its id',
    example: 'overseer schedule trigger nightly',
    load: async () => (await import('./operate.js')).triggerCommand,
  });
  reasonFlags(command).argument('<name>');
}

function addBackfill(add: Add): void {
  const command = add('backfill', {
    description: 'ask for the runs of a stretch of the past that there are none of, one after another',
    example: 'overseer schedule backfill nightly --from 2026-03-01 --to 2026-03-08',
    load: async () => (await import('./operate.js')).backfillCommand,
  });
  reasonFlags(command)
    .argument('<name>')
    .requiredOption('--from <time>', 'the first moment of the stretch')
    .requiredOption('--to <time>', 'the last moment of it');
}
