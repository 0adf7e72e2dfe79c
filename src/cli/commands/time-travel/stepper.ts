import { jobNotFound } from '../../../domain/not-found.js';
import { OverseerError } from '../../../prelude/errors.js';
import { shownName } from '../../../prelude/known-names.js';
import { RejectedError } from '../../../store/or-throw.js';
import { isPlainObject } from '../../../prelude/json.js';
import type { GraphHistory } from '../../../history/moments/graph-history.js';
import type { JobInfo } from '../../../domain/graph-info.js';
import { readMoment } from '../../../history/moments/read-moment.js';
import { segmentsOf } from '../../../prelude/json-patch.js';
import { eventLine } from '../../output/event-line.js';
import { rowLines } from '../../output/table.js';
import type { Terminal } from '../../output/terminal.js';
import { coloured, countsInWords } from '../../../domain/status-phrases.js';
import { inShort, jsonInShort, plural } from '../../../prelude/phrases.js';

const changesMax = 12;
const valueMax = 60;
/** Changes not shown: the derived status implies the status, and a start implies the rest. */
const hidden = ['/status', '/leaseMs', '/heartbeatAt'];

/** What can be typed, and what it does. */
export const stepperHelp = [
  'n, →, Enter  one forward         b, ←  one back',
  'n 10, b 10   ten at once         g #N, g @POSITION, g TIME  go there',
  '<, >         first, last         w JOB  watch a job    w  watch none',
  'f JOB        forward to the next event of a job         q  quit',
];

/** Steps through a graph's history. It shows the state after an event, and what that event changed. */
export class Stepper {
  private watched: string | null = null;

  constructor(
    private readonly history: GraphHistory,
    private readonly page: Pick<Terminal, 'paint' | 'columns'>,
    private number: number,
  ) {}

  /** @throws OverseerError `job-not-found` */
  watch(jobId: string | null): void {
    if (jobId !== null) this.assertJob(jobId);
    this.watched = jobId;
  }

  private assertJob(jobId: string): void {
    const { jobs } = this.history.at(this.history.events.length);
    if (!Object.hasOwn(jobs, jobId)) {
      throw new RejectedError(jobNotFound(this.history.graphId, jobId, Object.keys(jobs)));
    }
  }

  /** Carries out a typed line. Returns the lines to show, or `quit`. A mistake is shown, and changes nothing. */
  command(line: string): readonly string[] | 'quit' {
    const [word = '', ...rest] = line.trim().split(/\s+/);
    if (word === 'q' || word === 'quit') return 'quit';
    try {
      return this.carryOut(word, rest.join(' '));
    } catch (error) {
      if (error instanceof OverseerError) return [this.page.paint.red(error.message)];
      throw error;
    }
  }

  /** The current moment, in lines. */
  lines(): readonly string[] {
    const { history, number } = this;
    const { paint, columns } = this.page;
    const event = history.events[number - 1]!;
    const place = event.jobId ?? '';
    return [
      `${paint.bold(`#${number}`)} of ${history.events.length}  ${eventLine(event, { place, paint, columns }).trimStart()}`,
      ...this.stateLines(),
    ];
  }

  private carryOut(word: string, argument: string): readonly string[] {
    switch (word) {
      case '':
      case 'n':
        return this.moveTo(this.number + readCount(argument));
      case 'b':
        return this.moveTo(this.number - readCount(argument));
      case '<':
        return this.moveTo(this.history.existsFrom);
      case '>':
        return this.moveTo(this.history.events.length);
      case 'g':
        return this.moveTo(this.numberOf(argument));
      case 'f':
        return this.moveTo(this.nextOf(argument));
      case 'w':
        this.watch(argument === '' ? null : argument);
        return this.lines();
      case '?':
      case 'h':
        return stepperHelp;
      default:
        throw new OverseerError('usage', `${shownName(word)} is not a command; ? lists them`);
    }
  }

  private moveTo(number: number): readonly string[] {
    const { existsFrom, events } = this.history;
    if (number < existsFrom) throw new OverseerError('moment-before-graph', `the graph begins at #${existsFrom}`);
    if (number > events.length) throw new OverseerError('moment-invalid', `the history ends at #${events.length}`);
    this.number = number;
    return this.lines();
  }

  private numberOf(text: string): number {
    const moment = readMoment(text);
    if (moment.kind === 'event') return moment.number;
    if (moment.kind === 'position') return this.history.numberAt(moment.position);
    return this.history.events.filter((event) => Date.parse(event.recordedAt) <= moment.at).length;
  }

  private nextOf(jobId: string): number {
    this.assertJob(jobId);
    const at = this.history.events.findIndex((event, index) => index >= this.number && event.jobId === jobId);
    if (at >= 0) return at + 1;
    throw new OverseerError('moment-invalid', `job ${shownName(jobId)} has no later event`);
  }

  private stateLines(): readonly string[] {
    const { history, number, watched } = this;
    const { paint } = this.page;
    const { status, count, jobs } = history.viewAt(number);
    const head = `graph ${coloured(status, paint)} (${countsInWords(count, paint)})`;
    const job = watched === null ? undefined : jobs[watched];
    return [head, ...this.changeLines(), ...(job === undefined ? [] : this.watchedLines(job))];
  }

  private changeLines(): readonly string[] {
    const told = this.history
      .changesBy(this.number)
      .flatMap(({ jobId, patch }) =>
        patch.filter(({ path }) => !hidden.includes(path)).map((change) => ({ ...change, jobId })),
      );
    const rows = told
      .slice(0, changesMax)
      .map((change) => [
        `  ${inShort(change.jobId, 40)} ${segmentsOf(change.path).join(' ').replace('derivedStatus', 'status')}`,
        `${'before' in change ? `${shownValue(change.before)} → ` : ''}${change.op === 'remove' ? 'nothing' : shownValue(change.value)}`,
      ]);
    const left = told.length - rows.length;
    return [...rowLines(rows), ...(left > 0 ? [`  … and ${plural(left, 'change')} more`] : [])];
  }

  private watchedLines({ id, derivedStatus, attempt, worker, progress, details, result, failure }: JobInfo): string[] {
    const { paint } = this.page;
    const shown = Object.entries({ worker: worker?.id ?? null, progress, details, result, failure });
    const told = shown
      .filter(([, value]) => value !== null)
      .map(([name, value]) => `${name} ${jsonInShort(value, valueMax)}`);
    const head = `watching ${paint.bold(inShort(id, 60))}: ${coloured(derivedStatus, paint)}, attempt ${attempt}`;
    return [[head, ...told].join(', ')];
  }
}

/** A worker is shown by its id. */
function shownValue(value: unknown): string {
  const isWorker = isPlainObject(value) && 'id' in value && 'pid' in value;
  return jsonInShort(isWorker ? value['id'] : value, valueMax);
}

function readCount(text: string): number {
  if (text === '') return 1;
  if (/^\d+$/.test(text)) return Number(text);
  throw new OverseerError('usage', `${shownName(text)} is not a number of events`);
}
