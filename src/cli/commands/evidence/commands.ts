import { type Add, several } from '../../call/add-command.js';

/** The command that checks the log itself. */
export function addVerify(add: Add): void {
  add('verify', {
    description: 'read the whole log and check every invariant',
    example: 'overseer verify',
    load: async () => (await import('./verify.js')).verifyCommand,
  }).option('--limit <n>', 'print at most N problems (default: 100)');
}

/** Commands that carry a log from one place to another. */
export function addCopying(add: Add): void {
  addExport(add);
  addImport(add);
}

/** Commands of the group `audit`, which prove what the log contains. */
export function addAudit(add: Add): void {
  addHead(add);
  addProve(add);
  addConsistent(add);
  addCheck(add);
}

function addExport(add: Add): void {
  add('export', {
    description: 'write a graph, or the whole log, to a file that can be read, checked and imported elsewhere',
    example: 'overseer export nightly --output nightly.jsonl',
    load: async () => (await import('./export.js')).exportCommand,
  })
    .argument('[graph]', 'export the events of this graph')
    .option('--all', 'export the events of all graphs')
    .option('-o, --output <file>', 'where to write to (default: stdout)')
    .option('--html <file>', 'write a page instead, which shows the history in a browser, without a server')
    .option('--redact <path>', 'a value to redact in events, such as result or jobs[].args.token', several)
    .addHelpText('after', '\nAny command that only reads can read the file, with --store FILE.jsonl or FILE.html.');
}

function addImport(add: Add): void {
  add('import', {
    description: 'add exported events to a store, unchanged; harmless if they are there already',
    example: 'overseer import nightly.jsonl',
    load: async () => (await import('./import.js')).importCommand,
  })
    .argument('<file>', 'an export, or the address of another store')
    .option(
      '--from-namespace <name>',
      'the namespace to import (default: that of the export; of a store, the one that --namespace names, or its only one)',
    )
    .addHelpText('after', '\nThe events go to the namespace that --namespace names, whatever theirs was.');
}

const recomputeFlag = ['--recompute', 'hash every event again, instead of trusting earlier hashes'] as const;

function addHead(add: Add): void {
  add('head', {
    description: 'print the tree head of the log: keep it, or have it signed',
    example: 'overseer audit head --json > head.json',
    load: async () => (await import('./audit.js')).headCommand,
  }).option(...recomputeFlag);
}

function addProve(add: Add): void {
  add('prove', {
    description: 'print a proof that an event is in the log',
    example: 'overseer audit prove nightly#4 > proof.json',
    load: async () => (await import('./audit.js')).proveCommand,
  })
    .argument('<event>', "an event's id, @POSITION, or GRAPH#N, the N-th event of a graph")
    .option('--html <file>', 'write a page instead, which shows the history in a browser, without a server')
    .option('--redact <path>', 'a value to redact in the event, such as result', several)
    .option(...recomputeFlag);
}

function addConsistent(add: Add): void {
  add('consistent', {
    description: 'check that the log has only grown since an earlier tree head',
    example: 'overseer audit consistent head.json',
    load: async () => (await import('./audit.js')).consistentCommand,
  })
    .argument('<head>', 'what `audit head --json` printed: a file, or its text')
    .option(...recomputeFlag);
}

function addCheck(add: Add): void {
  add('check', {
    description: 'check a proof or an export; needs no store',
    example: 'overseer audit check proof.json --head head.json',
    load: async () => (await import('./audit-check.js')).checkCommand,
  })
    .argument('<file>', 'what `audit prove` or `audit consistent --json` printed, or an export')
    .option('--head <head>', 'the tree head you trust: a file, or its text');
}
