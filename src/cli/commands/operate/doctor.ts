import { settings as knownSettings, type SettingName } from '../../../config/configuration.js';
import { LogError, type LogDescription } from '../../../log/event-log.js';
import { sqliteRelease } from '../../../log/sqlite/native-part.js';
import { shownAddress, shownStore, withoutPasswords } from '../../../prelude/shown-address.js';
import { type Pause, pausesOfWork } from '../../../domain/pauses.js';
import { lastEventAhead } from '../../../store/clock.js';
import { loadWork } from '../../../store/load-work.js';
import { orThrow } from '../../../store/or-throw.js';
import { type ExitCode, exitCodes } from '../../failure.js';
import type { Invocation } from '../../call/invocation.js';
import { releaseVersion } from '../../call/release.js';
import type { SettingsInEffect } from '../../call/settings.js';
import { pauseLine } from '../../../domain/pause-phrases.js';
import { pairLines, tableLines } from '../../output/table.js';
import type { Terminal } from '../../output/terminal.js';
import { duration, fileSize, plural } from '../../../prelude/phrases.js';

interface StoreReport {
  readonly address: string;
  readonly facts: LogDescription;
  /** What is wrong in its storage. */
  readonly damage: readonly string[];
  /** What can still be read of a damaged store, in words. */
  readonly stillReadable: string | null;
  readonly checkMs: number;
  /** A warning about the times in it. */
  readonly clock: string | null;
  /** Pauses of all work and of types of job: a store that does nothing may be waiting for an operator. */
  readonly pauses: readonly Pause[];
  /** Why it cannot be used at all. */
  readonly error: LogError | null;
}

interface SettingReport {
  readonly value: unknown;
  readonly from: string;
}

/** Checks a store and says which settings are in effect. Changes nothing. */
export async function doctorCommand(invocation: Invocation): Promise<ExitCode> {
  const { terminal, settings } = invocation;
  const store = await examineStore(invocation);
  const configuration = settingReports(settings);
  const release = {
    overseer: releaseVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
  const sqlite = sqlitePart();
  const { error, ...rest } = store;
  const isSound = error === null && store.damage.length === 0 && sqlite.problem === null;
  const told = error === null ? null : { code: error.code, message: withoutPasswords(error.message) };
  terminal.document({
    isSound,
    store: { ...rest, error: told },
    sqlite,
    configuration,
    release,
  });
  const { paint } = terminal;
  terminal.say(
    ...pairLines(storePairs(store, terminal), paint),
    '',
    ...tableLines(['setting', 'value', 'from'], settingRows(configuration), paint),
    '',
    paint.dim(
      [`overseer ${release.overseer}`, `node ${release.node}`, release.platform, sqlite.release ?? 'no SQLite'].join(
        ', ',
      ),
    ),
  );
  if (store.clock !== null) terminal.note(`overseer: ${store.clock}`);
  if (sqlite.problem !== null && error?.message !== sqlite.problem) terminal.note(`overseer: ${sqlite.problem}`);
  if (error !== null) throw error;
  return isSound ? exitCodes.good : exitCodes.failed;
}

/** The release of SQLite in this program, whatever the store is; or why there is none. */
function sqlitePart(): { readonly release: string | null; readonly problem: string | null } {
  try {
    return { release: sqliteRelease(), problem: null };
  } catch (error) {
    if (error instanceof LogError) return { release: null, problem: error.message };
    throw error;
  }
}

async function examineStore(invocation: Invocation): Promise<StoreReport> {
  const startedAt = performance.now();
  try {
    return await invocation.withStore(async ({ log, address, environment }) => {
      const damage = await orThrow(log.check());
      const stillReadable = damage.length > 0 && log.readable !== undefined ? await orThrow(log.readable()) : null;
      // A damaged file may not answer any more.
      if (damage.length === 0) await orThrow(log.readStream({ graphId: 'none', jobId: null }));
      const facts = damage.length > 0 || log.describe === undefined ? {} : await orThrow(log.describe());
      const checkMs = Math.round(performance.now() - startedAt);
      const clock = damage.length > 0 ? null : await lastEventAhead({ log, environment });
      const pauses = damage.length > 0 ? [] : pausesOfWork(await loadWork({ log }));
      return { address, facts, damage, stillReadable, checkMs, clock, pauses, error: null };
    });
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    const address = storeText(invocation.settings.values.store);
    const checkMs = Math.round(performance.now() - startedAt);
    return { address, facts: {}, damage: [], stillReadable: null, checkMs, clock: null, pauses: [], error };
  }
}

/** Problems beyond these are counted. `verify` lists them all. */
const damageShownMax = 10;

function storePairs(report: StoreReport, { paint }: Terminal): [string, string][] {
  const { address, facts, damage, checkMs, pauses, error } = report;
  const good = (text: string) => paint.green(text);
  const bad = (text: string) => paint.red(text);
  if (error !== null)
    return [
      ['store', address],
      ['usable', bad(`no: ${withoutPasswords(error.message)}`)],
    ];
  if (damage.length > 0) return [['store', address], ['usable', bad('no: it is damaged')], ...damagePairs(report)];
  const sound = facts['server'] === undefined ? 'sound (checked' : 'checked by the server itself (it answers';
  const check = good(`${sound} in ${duration(checkMs)})`);
  return [
    ['store', address],
    ['usable', good('yes')],
    ...filePairs(facts, paint),
    ...serverPairs(facts),
    ['storage', check],
    ...pauses.map((pause): [string, string] => ['paused', paint.yellow(pauseLine(pause))]),
  ];
}

function damagePairs({ damage, stillReadable }: StoreReport): [string, string][] {
  const left = damage.length - damageShownMax;
  const shown = damage
    .slice(0, damageShownMax)
    .map((each, index): [string, string] => [index === 0 ? 'damage' : '', each]);
  if (left > 0) shown.push(['', `… and ${plural(left, 'problem')} more`]);
  return stillReadable === null ? shown : [...shown, ['readable', stillReadable]];
}

function filePairs(facts: LogDescription, paint: Terminal['paint']): [string, string][] {
  const { file, bytes, format, newestFormat, isWritable, journal, synchronous, events, graphs, namespaces } = facts;
  if (file === undefined) return [];
  if (facts['exportOf'] !== undefined) return exportPairs(facts);
  const { freeBytes, archiveFiles, archiveBytes, archivedEvents } = facts;
  const free = Number(freeBytes) === 0 ? '' : `, of which ${fileSize(Number(freeBytes))} are free`;
  const archives = `${plural(Number(archiveFiles), 'file')} (${fileSize(Number(archiveBytes))}) beside it, with ${plural(Number(archivedEvents), 'event')}`;
  const holds = [plural(Number(events), 'event'), `${plural(Number(graphs), 'graph')} in this namespace`];
  return [
    ['file', `${String(file)} (${fileSize(Number(bytes))}${free})`],
    ...(archiveFiles === 0 ? [] : [['archives', archives] as [string, string]]),
    ['format', `${String(format)} (this release knows formats up to ${String(newestFormat)})`],
    ['writable', isWritable === true ? paint.green('yes') : paint.yellow('no: it is read-only')],
    ['durability', `journal ${String(journal)}, synchronous ${String(synchronous)}`],
    ['holds', [...holds, plural(Number(namespaces), 'namespace')].join(', ')],
  ];
}

function exportPairs({ file, bytes, exportOf, redacted, events, graphs }: LogDescription): [string, string][] {
  return [
    ['file', `${String(file)} (${fileSize(Number(bytes))})`],
    ['export of', String(exportOf)],
    ['redacted', redacted === '' ? 'nothing' : String(redacted)],
    ['writable', 'no: an export can only be read'],
    ['holds', `${plural(Number(events), 'event')}, ${plural(Number(graphs), 'graph')}`],
  ];
}

function serverPairs({ server, isSecure, user, asks, endsAt }: LogDescription): [string, string][] {
  if (server === undefined) return [];
  const who = user === 'none' ? 'no user' : `user ${String(user)}`;
  return [
    ['server', `${String(server)}, its log ends at @${String(endsAt)}`],
    ['security', isSecure === true ? `TLS, ${who}` : 'none: no TLS, and whoever reaches it may do anything'],
    ['asks', String(asks)],
  ];
}

function settingReports({ values, from }: SettingsInEffect): Record<string, SettingReport> {
  const names = Object.keys(knownSettings) as SettingName[];
  const shown = (name: SettingName) => {
    if (name === 'store') return storeText(values.store);
    return name === 'sentry.dsn' && values[name] !== undefined ? shownAddress(values[name]) : (values[name] ?? null);
  };
  return Object.fromEntries(names.map((name) => [name, { value: shown(name), from: from[name] }]));
}

function settingRows(reports: Readonly<Record<string, SettingReport>>): string[][] {
  return Object.entries(reports).map(([name, { value, from }]) => [name, shownValue(value), from]);
}

function shownValue(value: unknown): string {
  if (value === null) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function storeText(store: unknown): string {
  const shown = shownStore(store);
  return typeof shown === 'string' ? shown : JSON.stringify(shown);
}
