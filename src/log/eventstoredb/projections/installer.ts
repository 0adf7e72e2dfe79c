import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskEither } from '../../../prelude/fp.js';
import { LogError } from '../../event-log.js';
import {
  type AppliedServerProjection,
  type PlannedServerProjection,
  type ServerProjectionReport,
  type ServerProjectionStanding,
  type RemovedServerProjection,
  type ServerProjections,
} from '../../server-projections.js';
import type { Connection } from '../protocol/connection.js';
import { inParallel } from '../protocol/waiting.js';
import { type ProjectionRecord, ProjectionRecords, type Recorded } from './record.js';
import { identityOf, selected, shortName } from './selection.js';
import { projectionError, ProjectionServer, type ServerStatus } from './server.js';
import { type ProjectionSource, projectionSources, sha256Of } from './sources.js';
import { ProjectionStreams } from './streams.js';

/** How often an apply starts again because the record was changed meanwhile. */
const triesMax = 20;
const pollMs = 100;
/** How long a projection may take to start, to stop without force, and to be removed. */
const startMs = 30_000;
const stopMs = 15_000;
const removalMs = 60_000;

/** The state of a namespace's projections: what is on record, and what the server says. */
interface Survey {
  readonly record: ProjectionRecord;
  readonly onServer: ReadonlyMap<string, ServerStatus>;
}

/**
 * The projections of a namespace on a server. A record in the server itself says which of them this library installed;
 * no other projection is ever touched. Nothing is changed in place: another source is another version, installed beside
 * the old one.
 */
export function serverProjections(
  connection: Connection,
  namespace: string,
  address: string,
  whileOpen: <A>(work: () => Promise<A>) => TaskEither<LogError, A>,
): ServerProjections<LogError> {
  // Made on first use: it reads files that a worker does not need.
  let made: Installer | null = null;
  const installer = () => (made ??= new Installer(connection, namespace, address));
  return {
    status: () => whileOpen(() => installer().status()),
    plan: (names = []) => whileOpen(() => installer().plan(names)),
    apply: (names = []) => whileOpen(() => installer().apply(names)),
    remove: (names = [], { deleteStreams = false } = {}) => whileOpen(() => installer().remove(names, deleteStreams)),
  };
}

class Installer {
  private readonly sources: readonly ProjectionSource[];
  private readonly server: ProjectionServer;
  private readonly records: ProjectionRecords;
  private readonly streams: ProjectionStreams;

  constructor(
    connection: Connection,
    namespace: string,
    private readonly address: string,
  ) {
    this.sources = projectionSources(namespace);
    this.server = new ProjectionServer(connection, address);
    this.records = new ProjectionRecords(connection, namespace);
    this.streams = new ProjectionStreams(connection, namespace, address);
  }

  async status(): Promise<readonly ServerProjectionReport[]> {
    const survey = await this.look();
    const reports: ServerProjectionReport[] = [];
    for (const each of [...this.sources, ...this.ofOtherReleases(survey)]) {
      const isOurs = 'source' in each;
      const standing = isOurs ? await this.standingOf(each, survey) : 'other-release';
      const status = survey.onServer.get(each.name);
      reports.push({
        ...identityOf(each),
        standing,
        state: status?.state ?? null,
        reason: status?.reason ?? null,
        position: status?.position ?? null,
        checkpoint: status?.checkpoint ?? null,
        lag: status === undefined || standing === 'foreign' ? null : await this.streams.lagAt(status.position),
      });
    }
    return reports;
  }

  async plan(names: readonly string[]): Promise<readonly PlannedServerProjection[]> {
    const survey = await this.look();
    return await this.planOn(survey, names);
  }

  async apply(names: readonly string[]): Promise<readonly AppliedServerProjection[]> {
    for (let tries = 0; tries < triesMax; tries++) {
      const survey = await this.look();
      const steps = await this.planOn(survey, names);
      const refused = steps.flatMap(({ why }) => (why === null ? [] : [why]));
      if (refused.length > 0) throw refusal(refused.join('; '));
      if (await this.carryOut(steps, survey)) return await inParallel(1, steps, (step) => this.outcomeOf(step));
    }
    const message = `another program keeps changing the projections of ${this.address}; try again when it has ended`;
    throw new LogError('store-unavailable', message, { isTransient: true });
  }

  async remove(names: readonly string[], deleteStreams: boolean): Promise<readonly RemovedServerProjection[]> {
    const { record, onServer } = await this.look();
    const recorded = [...record.projections.values()];
    const known = [...recorded, ...this.sources];
    const concerned = recorded.filter((each) => each.isInstalled || (deleteStreams && each.hasLeftStreams));
    const chosen = selected(names, concerned, known);
    for (const { name } of names.length === 0 ? chosen : selected(names, known, known)) {
      const isOurs = record.projections.get(name)?.isInstalled === true;
      if (onServer.has(name) && !isOurs) throw refusal(foreign(name));
    }
    const staying = concerned.filter((each) => each.isInstalled && !chosen.includes(each));
    for (const each of chosen) {
      const dependents = staying.filter(({ needs }) => needs.includes(shortName(each))).map(shortName);
      if (dependents.length === 0) continue;
      throw refusal(`${shortName(each)} is needed by ${dependents.join(' and ')}; remove these too`);
    }
    const removed: RemovedServerProjection[] = [];
    // Those that need others are removed first.
    for (const each of [...chosen].sort((a, b) => b.needs.length - a.needs.length)) {
      if (each.isInstalled) await this.removeInstalled(each);
      const streams = await this.streams.writtenBy(each);
      if (deleteStreams) await this.streams.delete(streams);
      const areLeft = streams.length > 0 && !deleteStreams;
      while (!(await this.records.removed(each, areLeft, await this.records.read())));
      removed.push({ ...identityOf(each), streams: streams.length, streamsDeleted: deleteStreams });
    }
    return removed;
  }

  private async look(): Promise<Survey> {
    await this.streams.mustBeReadable();
    // The record is read second: what the first read has found on the server was on record before.
    const onServer = await this.server.list();
    return { onServer, record: await this.records.read() };
  }

  private async planOn(survey: Survey, names: readonly string[]): Promise<readonly PlannedServerProjection[]> {
    const chosen = selected(names, this.sources, this.sources);
    const needed = (source: ProjectionSource) => chosen.some(({ needs }) => needs.includes(shortName(source)));
    const concerned = this.sources.filter((source) => chosen.includes(source) || needed(source));
    return await inParallel(1, concerned, async (source) => ({
      ...identityOf(source),
      ...(await this.stepFor(source, survey)),
    }));
  }

  private async stepFor(
    source: ProjectionSource,
    survey: Survey,
  ): Promise<Pick<PlannedServerProjection, 'standing' | 'action' | 'why'>> {
    const { name, writes } = source;
    const standing = await this.standingOf(source, survey);
    const refuse = (why: string) => ({ standing, action: 'refuse', why }) as const;
    const left = `streams that an earlier ${name} wrote are still there, and would stop a new one; delete them first`;
    switch (standing) {
      case 'foreign':
        return refuse(foreign(name));
      case 'other-source':
        return refuse(`${name} runs another source than this release has for it; remove it first`);
      case 'missing':
        // Either an apply was interrupted, or is still at work; or somebody has deleted the projection.
        if (writes.length > 0 && (await this.wasDeleted(name))) return refuse(left);
        return { standing, action: 'create', why: null };
      case 'not-installed':
        if (survey.record.projections.get(name)?.hasLeftStreams === true) return refuse(left);
        return { standing, action: 'create', why: null };
      default: {
        const state = survey.onServer.get(name)!.state;
        const isStill = state === 'stopped' || state === 'faulted';
        return { standing, action: isStill ? 'start' : 'keep', why: null };
      }
    }
  }

  /** Whether a projection that the server did not list was deleted there. */
  private async wasDeleted(name: string): Promise<boolean> {
    if ((await this.server.source(name)) === 'none') return false;
    const status = await this.server.status(name);
    return status === null || status.state === 'deleting';
  }

  private async standingOf({ name, sha256 }: ProjectionSource, survey: Survey): Promise<ServerProjectionStanding> {
    const recorded = survey.record.projections.get(name);
    const isRecorded = recorded?.isInstalled === true;
    if (!survey.onServer.has(name)) return isRecorded ? 'missing' : 'not-installed';
    if (!isRecorded) return 'foreign';
    if (recorded.sha256 !== sha256) return 'other-source';
    const running = await this.server.source(name);
    return typeof running === 'string' || sha256Of(running.query) === sha256 ? 'installed' : 'other-source';
  }

  /** Installed projections, still on the server, that this release does not have. */
  private ofOtherReleases({ record, onServer }: Survey): readonly Recorded[] {
    const isKnown = (name: string) => this.sources.some((source) => source.name === name);
    return [...record.projections.values()].filter(
      ({ name, isInstalled }) => isInstalled && onServer.has(name) && !isKnown(name),
    );
  }

  /** False if the record was changed meanwhile. */
  private async carryOut(steps: readonly PlannedServerProjection[], { record }: Survey): Promise<boolean> {
    let at = record;
    for (const { name, action } of steps) {
      if (action === 'start') await this.server.start(name);
      if (action !== 'create') continue;
      const source = this.sources.find((each) => each.name === name)!;
      const recorded = at.projections.get(name);
      if (recorded?.isInstalled !== true || recorded.sha256 !== source.sha256) {
        if (!(await this.records.installed(source, at))) return false;
        at = { ...at, revision: at.revision + 1 };
      }
      if (!(await this.create(source, at))) throw refusal(foreign(name));
    }
    return true;
  }

  /** Creates what is already on record; false if a foreign one has its name. On failure it is taken off the record. */
  private async create(source: ProjectionSource, at: ProjectionRecord): Promise<boolean> {
    const { name, writes } = source;
    try {
      if ((await this.server.create(name, source.source, writes.length > 0)) === 'created') return true;
    } catch (error) {
      if (error instanceof LogError && !error.isTransient) await this.records.removed(source, false, at);
      throw error;
    }
    // Another apply was faster, or another program.
    const running = await this.server.source(name);
    if (typeof running === 'string' || running.query === source.source) return true;
    await this.records.removed(source, false, at);
    return false;
  }

  /** Waits until the projection has started, or has failed to. */
  private async outcomeOf(step: PlannedServerProjection): Promise<AppliedServerProjection> {
    const until = performance.now() + startMs;
    for (;;) {
      const status = await this.server.status(step.name);
      const isSettled = status !== null && status.state !== 'starting';
      if (isSettled || performance.now() > until) {
        const { state, reason } = status ?? { state: 'starting', reason: null };
        return { ...identityOf(step), action: step.action as AppliedServerProjection['action'], state, reason };
      }
      await sleep(pollMs);
    }
  }

  /** Stops and deletes it. The server answers before it has finished either, so it is asked until it has. */
  private async removeInstalled({ name }: Recorded): Promise<void> {
    const begun = performance.now();
    for (;;) {
      const status = await this.server.status(name);
      if (status === null) return;
      const elapsedMs = performance.now() - begun;
      if (elapsedMs > removalMs) {
        const message = `${name} is still ${status.state} on the server of ${this.address}, a minute after its removal began; try again`;
        throw new LogError('store-unavailable', message, { isTransient: true });
      }
      if (['stopped', 'held', 'faulted'].includes(status.state)) await this.server.delete(name);
      else if (status.state !== 'deleting') await this.server.stop(name, { byForce: elapsedMs > stopMs });
      await sleep(pollMs);
    }
  }
}

function foreign(name: string): string {
  return `the server has a projection ${name} that Overseer did not install; it is left alone`;
}

function refusal(why: string): LogError {
  return projectionError('projections-refused', why);
}
