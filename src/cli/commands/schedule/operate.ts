import { plural } from '../../../prelude/phrases.js';
import { runId } from '../../../domain/schedules.js';
import { readMoment } from '../../../history/moments/read-moment.js';
import {
  backfillSchedule,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
  triggerSchedule,
} from '../../../store/operate-schedule.js';
import { schedule } from '../../../store/schedules.js';
import type { Store } from '../../../store/store.js';
import type { Invocation } from '../../call/invocation.js';
import { UsageError } from '../../failure.js';
import type { Flag } from '../../input/flag-values.js';
import { reasonFor, type ReasonOptions } from '../operate/reason-flags.js';
import { nextLines } from './look.js';

export async function pauseCommand(invocation: Invocation<ReasonOptions>, name: string): Promise<void> {
  const { terminal, options } = invocation;
  await invocation.withStore(async (store) => {
    const changed = await pauseSchedule(store, name, reasonFor(store, options));
    terminal.document({ action: 'pause', changed, name });
    terminal.say(`${changed ? '' : 'nothing had to change: '}schedule ${name} is paused`);
    terminal.say(`resume with: ${invocation.hint('schedule', 'resume', name)}`);
  });
}

export async function resumeCommand(invocation: Invocation<ReasonOptions>, name: string): Promise<void> {
  const { terminal, options } = invocation;
  await invocation.withStore(async (store) => {
    await resumeSchedule(store, name, reasonFor(store, options));
    const { graph: _graph, history: _history, ...info } = await schedule(store, name, { limit: 1 });
    terminal.document({ action: 'resume', changed: true, schedule: info });
    terminal.say(`schedule ${name} goes on:`, ...nextLines(info));
  });
}

export async function removeCommand(invocation: Invocation<ReasonOptions>, name: string): Promise<void> {
  const { terminal, options } = invocation;
  await invocation.withStore(async (store) => {
    await removeSchedule(store, name, reasonFor(store, options));
    terminal.document({ action: 'remove', changed: true, name });
    terminal.say(`schedule ${name} is removed; runs that there are go on`);
  });
}

export async function triggerCommand(invocation: Invocation<ReasonOptions>, name: string): Promise<void> {
  const { terminal, options } = invocation;
  await invocation.withStore(async (store) => {
    const graphId = await triggerSchedule(store, name, reasonFor(store, options));
    const waitsFor = await waitingFor(store, name, graphId);
    terminal.document({ action: 'trigger', graphId, waitsFor });
    terminal.say(graphId);
    if (waitsFor !== null) terminal.note(`it begins when ${waitsFor} has ended`);
  });
}

export interface BackfillOptions extends ReasonOptions {
  readonly from: string;
  readonly to: string;
}

export async function backfillCommand(invocation: Invocation<BackfillOptions>, name: string): Promise<void> {
  const { terminal, options } = invocation;
  await invocation.withStore(async (store) => {
    const stretch = { from: readTime('--from', options.from), to: readTime('--to', options.to) };
    const graphIds = await backfillSchedule(store, name, stretch, reasonFor(store, options));
    terminal.document({ action: 'backfill', graphIds });
    terminal.say(...graphIds);
    if (graphIds.length === 0) return terminal.note('there is nothing to make: every run of that stretch is there');
    const { overlap } = await schedule(store, name, { limit: 1 });
    const begin = overlap === 'allow' ? 'all of which begin' : 'each of which begins when the one before it has ended';
    terminal.note(`${plural(graphIds.length, 'run')}, ${begin}`);
  });
}

/** The run that one which was asked for waits for; null if it has begun. */
async function waitingFor(store: Store, name: string, graphId: string): Promise<string | null> {
  const { last, waiting } = await schedule(store, name, { limit: 1 });
  if (last === null || last.graphId === graphId) return null;
  return waiting.some((instant) => graphId === runId(name, Date.parse(instant))) ? last.graphId : null;
}

function readTime(flag: Flag, text: string): string {
  const moment = readMoment(text);
  if (moment.kind === 'time') return new Date(moment.at).toISOString();
  throw new UsageError('usage', `${flag} ${text}: give a time, such as 2026-03-01 or 2026-03-01T12:30:00Z`);
}
