import type { Colors } from 'picocolors/types.js';
import {
  lagMax,
  type PlannedServerProjection,
  type ServerProjectionStanding,
  type ServerProjectionState,
  type ServerProjection,
} from '../../../log/server-projections.js';
import {
  applyServerProjections,
  planServerProjections,
  serverProjectionStatus,
  removeServerProjections,
} from '../../../store/server-projections.js';
import { type ExitCode, exitCodes } from '../../failure.js';
import type { Invocation } from '../../call/invocation.js';
import type { CommonOptions } from '../../call/settings.js';
import { tableLines } from '../../output/table.js';
import type { Terminal } from '../../output/terminal.js';
import { inShort, plural } from '../../../prelude/phrases.js';

export interface RemoveOptions extends CommonOptions {
  readonly deleteStreams?: boolean;
}

export async function statusCommand(invocation: Invocation): Promise<ExitCode> {
  const { terminal } = invocation;
  const { paint } = terminal;
  const projections = await invocation.withStore(serverProjectionStatus);
  terminal.document({ projections });
  const rows = projections.map(({ name, standing, state, lag }) => [
    name,
    standingColours[standing](paint)(standing.replace('-', ' ')),
    state === null ? '-' : coloured(state, paint),
    lag === null ? '-' : behind(lag),
  ]);
  terminal.sayCut(...tableLines(['projection', 'standing', 'state', 'behind by'], rows, paint));
  return troublesIn(projections, terminal) ? exitCodes.failed : exitCodes.good;
}

export async function planCommand(invocation: Invocation, ...names: readonly string[]): Promise<ExitCode> {
  const planned = await invocation.withStore((store) => planServerProjections(store, names));
  invocation.terminal.document({ projections: planned });
  return sayPlan(planned, invocation) ? exitCodes.good : exitCodes.failed;
}

export async function applyCommand(invocation: Invocation, ...names: readonly string[]): Promise<ExitCode> {
  const { terminal } = invocation;
  return await invocation.withStore(async (store) => {
    const planned = await planServerProjections(store, names);
    if (planned.some(({ action }) => action === 'refuse')) {
      terminal.document({ applied: false, projections: planned });
      sayPlan(planned, invocation);
      return exitCodes.failed;
    }
    const applied = await applyServerProjections(store, names);
    terminal.document({ applied: true, projections: applied });
    const done = { create: 'created', start: 'started', keep: 'nothing' };
    const rows = applied.map(({ name, action, state }) => [name, done[action], coloured(state, terminal.paint)]);
    terminal.sayCut(...tableLines(['projection', 'done', 'state'], rows, terminal.paint));
    return troublesIn(applied, terminal) ? exitCodes.failed : exitCodes.good;
  });
}

export async function removeCommand(invocation: Invocation<RemoveOptions>, ...names: readonly string[]): Promise<void> {
  const { terminal, options } = invocation;
  const { deleteStreams = false } = options;
  const removed = await invocation.withStore((store) => removeServerProjections(store, names, { deleteStreams }));
  terminal.document({ removed });
  for (const { name, streams } of removed) {
    const written =
      streams === 0 ? '' : `${deleteStreams ? ', and' : '; left'} ${plural(streams, 'stream')} it had written`;
    terminal.say(`removed ${name}${written}`);
  }
  if (removed.length === 0) terminal.say('there was nothing to remove');
  if (!deleteStreams && removed.some(({ streams }) => streams > 0)) {
    terminal.note('before they can be installed again, delete the streams they have written:');
    terminal.note(`  ${invocation.hint('projections', 'remove', ...names, '--delete-streams')}`);
  }
}

/** Says what would be done, and what is in the way. Returns false if anything is. */
function sayPlan(planned: readonly PlannedServerProjection[], invocation: Invocation): boolean {
  const { terminal } = invocation;
  const { paint } = terminal;
  const rows = planned.map(({ name, action, standing }) => [
    name,
    action === 'refuse' ? paint.red('in the way') : action === 'keep' ? paint.dim('nothing') : paint.green(action),
    standing.replace('-', ' '),
  ]);
  terminal.sayCut(...tableLines(['projection', 'to do', 'now'], rows, paint));
  const refused = planned.filter(({ action }) => action === 'refuse');
  for (const { why } of refused) terminal.note(`overseer: ${why}`);
  const cures = refused.filter(({ standing }) => standing !== 'foreign');
  if (cures.length > 0) {
    const words = cures.map(({ projection, version }) => `${projection}-v${version}`);
    const isLeft = cures.some(({ standing }) => standing !== 'other-source');
    terminal.note(`  ${invocation.hint('projections', 'remove', ...words, ...(isLeft ? ['--delete-streams'] : []))}`);
  }
  return refused.length === 0;
}

interface Standing extends ServerProjection {
  readonly standing?: ServerProjectionStanding;
  readonly state: ServerProjectionState | null;
  readonly reason: string | null;
}

/** Says which of our projections do not run, and why. Returns whether there are any. */
function troublesIn(projections: readonly Standing[], terminal: Terminal): boolean {
  const ours = projections.filter(({ standing }) => standing !== 'foreign');
  for (const { name, reason } of ours) {
    if (reason !== null) terminal.note(`overseer: ${name} has faulted: ${inShort(reason, 400)}`);
  }
  if (ours.some(({ reason }) => reason !== null && /took too long to execute/.test(reason))) {
    terminal.note('overseer: the server was too busy or too slow; start the projection again with `apply`, or first');
    terminal.note('  start the server with a longer --projection-execution-timeout');
  }
  if (ours.some(({ state }) => state === 'held')) {
    terminal.note('overseer: the server runs its own projections only; start it with --run-projections=All');
  }
  return ours.some(({ state }) => state === 'faulted' || state === 'held' || state === 'stopped');
}

function behind(lag: number): string {
  return lag > lagMax ? `more than ${plural(lagMax, 'event')}` : plural(lag, 'event');
}

const standingColours: Readonly<Record<ServerProjectionStanding, (paint: Colors) => (text: string) => string>> = {
  installed: ({ green }) => green,
  'not-installed': ({ dim }) => dim,
  missing: ({ yellow }) => yellow,
  foreign: ({ yellow }) => yellow,
  'other-source': ({ yellow }) => yellow,
  'other-release': ({ dim }) => dim,
};

function coloured(state: ServerProjectionState, paint: Colors): string {
  switch (state) {
    case 'running':
      return paint.green(state);
    case 'faulted':
      return paint.red(state);
    case 'held':
    case 'stopped':
      return paint.yellow(state);
    case 'starting':
    case 'deleting':
      return paint.cyan(state);
  }
}
