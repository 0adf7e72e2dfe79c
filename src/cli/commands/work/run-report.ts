import type { Colors } from 'picocolors/types.js';
import type { EventOf, RecordedEvent } from '../../../domain/events.js';
import type { GraphState, JobNode } from '../../../domain/graph.js';
import { eventText, startOfNextTry } from '../../../domain/event-phrases.js';
import { idWidth, placeWidthMax } from '../../output/event-line.js';
import { LiveDisplay, screenSize } from '../../output/live-display.js';
import { progressLines, progressOf } from '../../output/progress.js';
import { cleanLine } from '../../output/paint.js';
import { cutLine, widthOf } from '../../output/width.js';
import type { Terminal } from '../../output/terminal.js';
import { type LiveTimeLeft, timeLeftInShort, timeLeftText } from '../../output/time-left.js';
import { failureInShort, rememberedFrom } from '../../../domain/status-phrases.js';
import { clockTime, duration, inShort, plural } from '../../../prelude/phrases.js';

/** Reports on a graph while it runs. */
export interface RunReport {
  event(event: RecordedEvent): void;
  end(): void;
}

/** A picture on a terminal, lines elsewhere, nothing for machines. */
export function runReport(terminal: Terminal, graph: GraphState, timeLeft: LiveTimeLeft): RunReport {
  if (terminal.isJson) return { event() {}, end() {} };
  return terminal.isDrawable ? liveReport(terminal, graph, timeLeft) : plainReport(terminal, graph, timeLeft);
}

/** Without a picture, how long it will take is said once, at the beginning. */
function plainReport(terminal: Terminal, graph: GraphState, timeLeft: LiveTimeLeft): RunReport {
  const { finished } = graph.countByStatus();
  const before = finished === 0 ? '' : `, ${finished} of them finished already`;
  terminal.say(`graph ${graph.id}: ${plural(graph.jobs.size, 'job')}${before}`);
  const left = timeLeft.now();
  const text = left === null ? null : timeLeftText(left);
  if (text !== null) terminal.say(`time left: ${text}`);
  return { event: eventTeller(terminal, graph), end() {} };
}

/** What goes wrong stays on the screen, above the picture. */
function liveReport(terminal: Terminal, graph: GraphState, timeLeft: LiveTimeLeft): RunReport {
  const { paint } = terminal;
  const startedAt = Date.now();
  const display = new LiveDisplay(() => {
    const now = Date.now();
    const time = timeLeft.now();
    const left = time === null ? null : timeLeftInShort(time);
    const progress = progressOf(graph, { now, elapsedMs: now - startedAt, left });
    return terminal.picture(progressLines(progress, { ...screenSize(), paint }));
  });
  const tell = eventTeller(terminal, graph);
  return {
    event(event) {
      if (event.type !== 'JobStarted' && event.type !== 'JobFinished') tell(event);
    },
    end: () => display.end(),
  };
}

/** Prints a line for everything that happens to the graph and its jobs, except heartbeats. */
function eventTeller(terminal: Terminal, graph: GraphState): (event: RecordedEvent) => void {
  const { paint, columns } = terminal;
  const most = placeWidthMax(columns);
  let width = idWidth(graph.jobs.keys(), columns === null ? undefined : most);
  return (event) => {
    const spawned = event.type === 'JobsSpawned' ? event.data.jobs.map(({ id }) => id) : [];
    width = Math.max(width, idWidth(spawned, columns === null ? undefined : most));
    const job = event.jobId === null ? undefined : graph.jobs.get(event.jobId);
    const happened = happening(event, job, paint);
    if (happened === null) return;
    const { word, colour, rest } = happened;
    const time = paint.dim(clockTime(event.recordedAt, 'milliseconds'));
    const id = cutLine(cleanLine(event.jobId ?? ''), most, 'middle');
    const place = event.jobId === null ? '' : `${id}${' '.repeat(Math.max(0, width - widthOf(id)))}  `;
    terminal.sayCut(`${time}  ${colour(word.padEnd(8))}  ${place}${rest}`.trimEnd());
  };
}

interface Happening {
  readonly word: string;
  readonly colour: (text: string) => string;
  readonly rest: string;
}

function happening(event: RecordedEvent, job: JobNode | undefined, paint: Colors): Happening | null {
  switch (event.type) {
    case 'JobStarted': {
      const { attempt } = event.data;
      return { word: 'started', colour: paint.cyan, rest: attempt === 1 ? '' : `attempt ${attempt}` };
    }
    case 'JobsSpawned':
      return { word: 'spawns', colour: paint.bold, rest: plural(event.data.jobs.length, 'job') };
    case 'JobFinished':
      return { word: 'finished', colour: paint.green, rest: finishedHow(event, job) };
    case 'JobFaulted':
      return faulted(event, paint);
    case 'JobAborted':
      return { word: 'aborted', colour: paint.magenta, rest: `${inShort(event.data.message, 200)}${belowOf(job)}` };
    case 'JobSkipped':
      return { word: 'skipped', colour: paint.blue, rest: inShort(event.data.reason, 200) };
    case 'JobDeferred': {
      const rest = `attempt ${event.data.attempt}: ${inShort(event.data.reason, 200)}; again ${startOfNextTry(event)}`;
      return { word: 'deferred', colour: paint.yellow, rest };
    }
    case 'JobAnswered': {
      const hasFailed = event.data.failure !== undefined;
      return {
        word: hasFailed ? 'failed' : 'answered',
        colour: hasFailed ? paint.red : paint.green,
        rest: eventText(event),
      };
    }
    case 'JobExpired':
      return { word: 'failed', colour: paint.red, rest: failureInShort(event.data.failure) };
    case 'GraphAborted': {
      const { by, reason } = event.data;
      return { word: 'aborted', colour: paint.magenta, rest: `the graph, by ${by}: ${inShort(reason, 200)}` };
    }
    case 'GraphPaused':
    case 'GraphResumed': {
      const word = event.type === 'GraphPaused' ? 'paused' : 'resumed';
      const { by, reason } = event.data;
      return { word, colour: paint.yellow, rest: `the graph, by ${by}: ${inShort(reason, 200)}` };
    }
    case 'JobReset':
    case 'GraphReset':
      return { word: 'reopened', colour: paint.bold, rest: `by ${event.data.by}: ${inShort(event.data.reason, 200)}` };
    default:
      return null;
  }
}

function faulted(event: RecordedEvent & EventOf<'JobFaulted'>, paint: Colors): Happening {
  const { next, failure, cause, attempt } = event.data;
  if (next.kind === 'failed') return { word: 'failed', colour: paint.red, rest: failureInShort(failure) };
  const why = cause === 'lease-expired' ? 'its worker gave no sign of life' : failureInShort(failure);
  const again = `again ${startOfNextTry(event)}`;
  return { word: 'faulted', colour: paint.yellow, rest: `attempt ${attempt}: ${why}; ${again}` };
}

function finishedHow(event: RecordedEvent & EventOf<'JobFinished'>, job: JobNode | undefined): string {
  const { memoized } = event.data;
  return memoized === undefined ? tookOf(event, job) : rememberedFrom(memoized);
}

function tookOf(event: RecordedEvent, job: JobNode | undefined): string {
  const startedAt = job?.state.startedAt ?? null;
  return startedAt === null ? '' : `in ${duration(Math.max(0, Date.parse(event.recordedAt) - Date.parse(startedAt)))}`;
}

function belowOf(job: JobNode | undefined): string {
  const below = job?.children.length ?? 0;
  return below === 0 ? '' : ` (and ${plural(below, 'job')} that ${below === 1 ? 'depends' : 'depend'} on it)`;
}
