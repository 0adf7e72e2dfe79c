import { type Add, several } from '../../call/add-command.js';

/** Commands that carry a log from one place to another. */
export function addCopying(add: Add): void {
  add(
    'export',
    'write a graph, or the whole log, to a file that can be read, checked and imported elsewhere',
    'overseer export nightly --output nightly.jsonl',
    async () => (await import('./export.js')).exportCommand,
  )
    .argument('[graph]', 'its events alone')
    .option('--all', 'the events of all graphs')
    .option('-o, --output <file>', 'where to write to (default: the standard output)')
    .option('--redact <path>', 'a value in events not to show, such as result or jobs[].args.token', several)
    .addHelpText('after', '\nThe file can be given to any command that reads, as --store FILE.jsonl.');
  add(
    'import',
    'take what was exported into a store, as it is; harmless if it is there',
    'overseer import nightly.jsonl',
    async () => (await import('./import.js')).importCommand,
  ).argument('<file>', 'an export, or the address of another store');
}

const recomputeFlag = ['--recompute', 'hash every event again, instead of trusting what was hashed before'] as const;

/** Commands that prove what stands in a log. */
export function addAudit(add: Add): void {
  const audit = (name: 'headCommand' | 'proveCommand' | 'consistentCommand') => async () =>
    (await import('./audit.js'))[name];
  add(
    'head',
    'print the tree head of the log: keep it, or have it signed',
    'overseer audit head --json > head.json',
    audit('headCommand'),
  ).option(...recomputeFlag);
  add(
    'prove',
    'print a proof that an event stands in the log',
    'overseer audit prove nightly#4 > proof.json',
    audit('proveCommand'),
  )
    .argument('<event>', "an event's id, @POSITION, or GRAPH#N, the N-th event of a graph")
    .option('--redact <path>', 'a value in the event not to show, such as result', several)
    .option(...recomputeFlag);
  add(
    'consistent',
    'check that the log goes on from what an earlier tree head covered',
    'overseer audit consistent head.json',
    audit('consistentCommand'),
  )
    .argument('<head>', 'a file with what `audit head --json` printed, or that text')
    .option(...recomputeFlag);
  add(
    'check',
    'check a proof or an export; needs no store',
    'overseer audit check proof.json --head head.json',
    async () => (await import('./audit-check.js')).checkCommand,
  )
    .argument('<file>', 'what `audit prove` or `audit consistent --json` printed, or an export')
    .option('--head <head>', 'the tree head to rely on: a file, or its text');
}
