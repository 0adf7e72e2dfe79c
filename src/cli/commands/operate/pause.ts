import type { Pause } from '../../../domain/pauses.js';
import { nearestTo } from '../../../prelude/nearest.js';
import { graphInfo } from '../../../store/graph-info.js';
import { pause, pauses, type PauseTarget, resume } from '../../../store/pause.js';
import { queueDepths } from '../../../store/queue-depths.js';
import type { Store } from '../../../store/store.js';
import { UsageError } from '../../failure.js';
import type { Invocation } from '../../call/invocation.js';
import type { CommonOptions } from '../../call/settings.js';
import { asOfLog, momentInWords } from '../../input/moment.js';
import { resolveGraph } from '../../input/reference.js';
import { distinctPauses, pauseLine, resumeWords, whoAndWhy } from '../../../domain/pause-phrases.js';
import { plural } from '../../../prelude/phrases.js';
import { reasonFor, type ReasonOptions } from './reason-flags.js';

export interface PauseOptions extends ReasonOptions {
  readonly type?: string;
  readonly all?: boolean;
}

export async function pauseCommand(invocation: Invocation<PauseOptions>, graph?: string): Promise<void> {
  const { terminal, options } = invocation;
  await invocation.withStore(async (store) => {
    const target = await targetOf(store, options, graph);
    const changed = await pause(store, target, reasonFor(store, options));
    const inForce = await pauseOf(store, target);
    const running = await runningIn(store, target);
    const unused = await unusedType(store, target);
    terminal.document({ action: 'pause', changed, pause: inForce, running });
    if (inForce === null) return terminal.say('it was paused, and somebody has resumed it since');
    terminal.say(`${changed ? '' : 'nothing had to change: '}${pauseLine(inForce)}`);
    if (running > 0) terminal.say(`${plural(running, 'job')} started before; a pause interrupts nothing`);
    terminal.say(`resume with: ${invocation.hint(...resumeWords(inForce))}`);
    if (unused !== null) terminal.note(unused);
  });
}

export async function resumeCommand(invocation: Invocation<PauseOptions>, graph?: string): Promise<void> {
  const { terminal, options } = invocation;
  await invocation.withStore(async (store) => {
    const target = await targetOf(store, options, graph);
    const before = await pauseOf(store, target);
    await resume(store, target, reasonFor(store, options));
    const left = await stillHolding(store, target);
    terminal.document({ action: 'resume', changed: true, pause: before, left });
    terminal.say(`${inWords(target)} goes on${before === null ? '' : `; it was paused since ${whoAndWhy(before)}`}`);
    for (const each of left) {
      terminal.note(`but ${pauseLine(each)}; resume with: ${invocation.hint(...resumeWords(each))}`);
    }
  });
}

export interface PausesOptions extends CommonOptions {
  readonly at?: string;
}

export async function pausesCommand(invocation: Invocation<PausesOptions>): Promise<void> {
  const { terminal, options } = invocation;
  await invocation.withStore(async (store) => {
    const at = await asOfLog(store, options.at);
    const found = await pauses(store, at);
    terminal.document({ pauses: found, ...at });
    if (at.asOf !== undefined) terminal.say(terminal.paint.dim(`as of ${momentInWords(at.asOf, options.at)}`));
    if (found.length === 0) return terminal.note('nothing is paused');
    terminal.say(...found.map(pauseLine));
  });
}

/** Exactly one of a graph, a type, and everything. */
async function targetOf(store: Store, { type, all }: PauseOptions, graph: string | undefined): Promise<PauseTarget> {
  const given = [graph, type, all].filter((each) => each !== undefined).length;
  if (given !== 1) {
    const what = given === 0 ? 'nothing is named' : 'more than one thing is named';
    throw new UsageError('usage', `${what}; give either GRAPH, --type TYPE or --all`);
  }
  if (type !== undefined) return { type };
  if (graph === undefined) return 'namespace';
  const advice = 'a job is not paused alone, so give its graph, or its type with --type';
  return { graphId: await resolveGraph(store, graph, { advice }) };
}

/** The pause of just this target, as it stands now. */
async function pauseOf(store: Store, target: PauseTarget): Promise<Pause | null> {
  if (target === 'namespace' || 'type' in target) {
    const type = target === 'namespace' ? null : target.type;
    return (await pauses(store)).find((each) => each.scope !== 'graph' && each.type === type) ?? null;
  }
  // A graph that has ended is not among the pauses in force.
  const { id, pause: own } = await graphInfo(store, target.graphId);
  return own === null ? null : { scope: 'graph', type: null, graphId: id, ...own };
}

/** The pauses that hold something of a target back besides its own. */
async function stillHolding(store: Store, target: PauseTarget): Promise<readonly Pause[]> {
  if (target !== 'namespace' && 'graphId' in target) {
    return distinctPauses(Object.values((await graphInfo(store, target.graphId)).jobs));
  }
  const isLeft = ({ scope }: Pause) => target === 'namespace' || scope === 'namespace';
  return (await pauses(store)).filter(isLeft);
}

function inWords(target: PauseTarget): string {
  if (target === 'namespace') return 'all work';
  return 'type' in target ? `work of type ${target.type}` : `graph ${target.graphId}`;
}

/** How many of the jobs that a pause concerns run. */
async function runningIn(store: Store, target: PauseTarget): Promise<number> {
  if (target !== 'namespace' && 'graphId' in target) return (await graphInfo(store, target.graphId)).counts.started;
  const depths = (await queueDepths(store)).filter(({ type }) => target === 'namespace' || type === target.type);
  return depths.reduce((sum, { started }) => sum + started, 0);
}

/** A type may be paused before its first job comes. It may also be misspelt. */
async function unusedType(store: Store, target: PauseTarget): Promise<string | null> {
  if (target === 'namespace' || 'graphId' in target) return null;
  const known = (await queueDepths(store)).map(({ type }) => type);
  if (known.includes(target.type)) return null;
  const meant = known.length === 0 ? '' : `; did you mean ${nearestTo(target.type, known)}?`;
  return `no open graph has a job of type ${target.type} now${meant}`;
}
