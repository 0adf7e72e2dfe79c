import { createLogUpdate } from 'log-update';
import pc from 'picocolors';
import type { RecordedEvent } from 'overseer';
import { count, fit, plain } from './wording.js';

/** The progress of the graph, from its events. It does not know about terminals. */
class Progress {
  finished = 0;
  /** Jobs that faulted and have not been started again. */
  readonly backingOff = new Set<string>();
  readonly running = new Map<string, number | null>();
  private startedAt: number | null = null;
  private readonly finishedAt: number[] = [];
  /** How many jobs an attempt has spawned that has not finished: they are there when it has. */
  private readonly spawned = new Map<string, number>();

  constructor(public total: number) {}

  hear(event: RecordedEvent): void {
    if (event.jobId === null) return;
    switch (event.type) {
      case 'JobStarted':
        this.startedAt ??= Date.parse(event.recordedAt);
        this.running.set(event.jobId, null);
        this.backingOff.delete(event.jobId);
        break;
      case 'Heartbeat':
        if (this.running.has(event.jobId)) this.running.set(event.jobId, event.data.progress ?? null);
        break;
      case 'JobsSpawned':
        this.spawned.set(event.jobId, (this.spawned.get(event.jobId) ?? 0) + event.data.jobs.length);
        break;
      case 'JobFinished':
        this.finished += 1;
        this.total += this.spawned.get(event.jobId) ?? 0;
        this.finishedAt.push(Date.parse(event.recordedAt));
        this.running.delete(event.jobId);
        break;
      case 'JobFaulted':
        if (event.data.next.kind === 'retry') this.backingOff.add(event.jobId);
        this.spawned.delete(event.jobId);
        this.running.delete(event.jobId);
        break;
      default:
        this.running.delete(event.jobId);
    }
  }

  /** Jobs finished per second, over the last two, or since the first one started. */
  rate(now: number): number {
    const since = Math.max(now - 2000, this.startedAt ?? now);
    while (this.finishedAt.length > 0 && this.finishedAt[0]! < since) this.finishedAt.shift();
    return Math.round((this.finishedAt.length * 1000) / Math.max(100, now - since));
  }
}

/** Shows the progress of a graph: on a terminal as a block that is redrawn, elsewhere as a line now and then. */
export interface ProgressDisplay {
  hear(event: RecordedEvent): void;
  /** A sentence that stays. */
  say(sentence: string): void;
  close(): void;
}

export function showProgress(total: number, stream: NodeJS.WriteStream): ProgressDisplay {
  return stream.isTTY ? new Block(total, stream) : new Lines(total, stream);
}

class Block implements ProgressDisplay {
  private readonly progress: Progress;
  private readonly sentences = new Sentences();
  private readonly startedAt = Date.now();
  private readonly draw: ReturnType<typeof createLogUpdate>;
  private readonly timer: NodeJS.Timeout;

  constructor(
    total: number,
    private readonly stream: NodeJS.WriteStream,
  ) {
    this.progress = new Progress(total);
    this.draw = createLogUpdate(stream);
    this.timer = setInterval(() => this.redraw(), 100);
  }

  hear(event: RecordedEvent): void {
    this.progress.hear(event);
    const sentence = this.sentences.about(event);
    if (sentence !== null) this.say(sentence);
  }

  say(sentence: string): void {
    this.draw.clear();
    this.stream.write(`  ${sentence}\n`);
    this.redraw();
  }

  close(): void {
    clearInterval(this.timer);
    this.draw.clear();
    this.draw.done();
  }

  private redraw(): void {
    const { finished, total, running, backingOff } = this.progress;
    const now = Date.now();
    const width = Math.max(40, Math.min(this.stream.columns, 100));
    const share = finished / total;
    const cells = width - 12;
    const full = Math.round(share * cells);
    const bar = pc.green('█'.repeat(full)) + pc.dim('░'.repeat(cells - full));
    const counts = `${count(finished)} of ${count(total)} finished · ${running.size} running · ${backingOff.size} backing off`;
    const pace = `${count(this.progress.rate(now))} jobs/s · ${((now - this.startedAt) / 1000).toFixed(1)} s`;
    const jobs = [...running].map(([job, done]) => plain(job) + (done === null ? '' : ` ${Math.round(done * 100)} %`));
    this.draw(
      `\n  ${bar} ${`${Math.floor(share * 100)} %`.padStart(5)}\n  ${fit(counts, width - 2)}\n  ${pace}\n  ${pc.dim(asManyAsFit(jobs, width - 2))}\n`,
    );
  }
}

function asManyAsFit(names: readonly string[], width: number): string {
  let line = '';
  for (const name of names) {
    const longer = line === '' ? fit(name, width) : `${line}  ${name}`;
    if (longer.length > width) break;
    line = longer;
  }
  return line;
}

class Lines implements ProgressDisplay {
  private readonly progress: Progress;
  private readonly sentences = new Sentences();
  private tenths = 0;

  constructor(
    total: number,
    private readonly stream: NodeJS.WriteStream,
  ) {
    this.progress = new Progress(total);
  }

  hear(event: RecordedEvent): void {
    this.progress.hear(event);
    const sentence = this.sentences.about(event);
    if (sentence !== null) this.say(sentence);
    const { finished, total, running } = this.progress;
    const tenths = Math.floor((finished / total) * 10);
    if (tenths <= this.tenths) return;
    this.tenths = tenths;
    const pace = `${count(this.progress.rate(Date.now()))} jobs/s`;
    this.say(
      `${`${tenths * 10} %`.padStart(5)}  ${count(finished)} of ${count(total)} jobs finished, ${running.size} running, ${pace}`,
    );
  }

  say(sentence: string): void {
    this.stream.write(`  ${sentence}\n`);
  }

  close(): void {}
}

const sentencesMax = 20;

/** What is printed as it happens: an attempt that failed, and what follows. Only the first of many are printed. */
class Sentences {
  private said = 0;

  about(event: RecordedEvent): string | null {
    const sentence = sentenceAbout(event);
    if (sentence === null) return null;
    this.said += 1;
    if (this.said > sentencesMax) return null;
    return this.said < sentencesMax ? sentence : 'more of this is in the history';
  }
}

function sentenceAbout(event: RecordedEvent): string | null {
  const job = plain(event.jobId ?? '');
  if (event.type === 'JobFaulted') {
    const { cause, failure, next } = event.data;
    const then = next.kind === 'failed' ? 'it has failed' : 'it will be tried again';
    return `${job} faulted (${cause}): ${plain(failure.message ?? failure.exception)}; ${then}`;
  }
  if (event.type === 'JobFinished' && event.data.attempt > 1) {
    return `${job} recovered: finished at attempt ${event.data.attempt}`;
  }
  return null;
}
