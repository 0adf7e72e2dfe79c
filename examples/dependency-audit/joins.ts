/** The jobs that join what is known of the packages: `inventory`, `licences`, `duplicates`, `largest`. */
import type { RunningJob } from 'overseer';
import { nameForPeople, readFileList, readHashLines } from './installed-files.js';
import { classify, compareFindings, compareText, judge, type LicenceClass, type Severity } from './licence-policy.js';
import { keepJson, readKept } from './objects.js';
import {
  argsOf,
  type DuplicateContent,
  type DuplicatePackage,
  type Duplicates,
  inputOf,
  inputsOfType,
  type Installed,
  type Inventory,
  type Largest,
  type LicenceLine,
  type Licences,
  type Measure,
  type PackageRecord,
  type PackageRow,
  type Scope,
} from './results.js';
import { scopesOf } from './scopes.js';

/** How much of a list that has no bound goes into a result; the rest is counted. */
const listedMax = 200;

export function inventory(job: RunningJob): Inventory {
  const { project, strays, missing } = inputOf<Installed>(job, 'installed');
  const packages = inputsOfType<PackageRecord>(job, 'package');
  const scopes = scopesOf(packages, project.needs);
  const rows = packages.map((one) => rowOf(one, scopes.get(one.location)!));
  rows.sort((a, b) => compareText(a.name, b.name) || compareText(a.location, b.location));
  const inProduction = rows.filter(({ scope }) => scope === 'production');
  const drift = [
    ...packages.flatMap(driftOf),
    ...missing.listed.map((location) => `${location} is in the lock file, but not installed`),
    ...strays.listed.map((location) => `${location} is no package folder; it was left out`),
  ];
  const notListed = missing.total + strays.total - missing.listed.length - strays.listed.length;
  return {
    packages: rows.length,
    production: inProduction.length,
    development: rows.length - inProduction.length,
    files: sum(rows, ({ files }) => files),
    bytes: sum(rows, ({ bytes }) => bytes),
    productionBytes: sum(inProduction, ({ bytes }) => bytes),
    drift: drift.slice(0, listedMax),
    driftTotal: drift.length + notListed,
    installScripts: rows
      .filter((row) => row.installScripts.length > 0)
      .slice(0, listedMax)
      .map(({ name, installScripts, scope }) => ({ name, scripts: installScripts, scope })),
    rows: keepJson(argsOf(job).out, rows),
  };
}

function rowOf(
  { location, name, version, licence, measure, hashes, installScripts }: PackageRecord,
  scope: Scope,
): PackageRow {
  const { expression, licenceClass } = licence;
  const { files, bytes } = measure;
  const digest = hashes.list.sha256;
  return { location, name, version, licence: expression, licenceClass, scope, files, bytes, digest, installScripts };
}

function driftOf({ location, version, locked, problems }: PackageRecord): readonly string[] {
  const isOther = locked !== null && locked.version !== '' && version !== '' && locked.version !== version;
  return [
    ...problems.map((problem) => `the manifest of ${location} ${problem}`),
    ...(isOther ? [`${location} is version ${version}; the lock file says ${locked.version}`] : []),
  ];
}

export function licences(job: RunningJob): Licences {
  const { project } = inputOf<Installed>(job, 'installed');
  const packages = inputsOfType<PackageRecord>(job, 'package');
  const scopes = scopesOf(packages, project.needs);
  const projectClass = classify(project.licence);
  const lines = new Map<string, { licenceClass: LicenceClass; production: number; development: number }>();
  for (const { location, licence } of packages) {
    const key = licence.expression ?? '(none declared)';
    const line = lines.get(key) ?? { licenceClass: licence.licenceClass, production: 0, development: 0 };
    line[scopes.get(location)!] += 1;
    lines.set(key, line);
  }
  const findings = packages.flatMap((one) => judge(one, scopes.get(one.location)!, projectClass)).sort(compareFindings);
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  const summary = [...lines].map(([expression, line]): LicenceLine => ({ expression, ...line }));
  const total = (line: LicenceLine) => line.production + line.development;
  summary.sort((a, b) => total(b) - total(a) || compareText(a.expression, b.expression));
  return {
    project: { name: project.name, expression: project.licence },
    summary: summary.slice(0, listedMax),
    findings: findings.slice(0, listedMax),
    counts: { conflict: count('conflict'), attention: count('attention'), note: count('note') },
  };
}

export function duplicates(job: RunningJob): Duplicates {
  const installed = inputsOfType<PackageRecord>(job, 'package');
  const packages = duplicatePackages(installed);
  const contents = duplicateContents(argsOf(job).out, installed);
  return {
    packages: packages.slice(0, 50),
    packagesTotal: packages.length,
    extraBytes: sum(packages, ({ extraBytes }) => extraBytes),
    contents: contents.slice(0, 50),
    contentsTotal: contents.length,
    wastedBytes: sum(contents, ({ wastedBytes }) => wastedBytes),
  };
}

function duplicatePackages(installed: readonly PackageRecord[]): readonly DuplicatePackage[] {
  const byName = new Map<string, PackageRecord[]>();
  for (const one of installed) byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  const found = [...byName]
    .filter(([, places]) => places.length > 1)
    .map(([name, places]): DuplicatePackage => {
      const copies = places.map(({ version, location, measure }) => ({ version, location, bytes: measure.bytes }));
      copies.sort((a, b) => compareText(a.location, b.location));
      const extraBytes = sum(copies, ({ bytes }) => bytes) - Math.max(...copies.map(({ bytes }) => bytes));
      return { name, copies, extraBytes };
    });
  return found.sort((a, b) => b.extraBytes - a.extraBytes || compareText(a.name, b.name));
}

interface Content {
  readonly size: number;
  readonly files: string[];
  readonly packages: Set<string>;
  /** Files on the disk: several names of one (hard links) take its room once. */
  readonly onDisk: Set<string>;
}

/** Files of equal content in several packages. Empty files are equal to each other, but waste nothing. */
function duplicateContents(out: string, installed: readonly PackageRecord[]): readonly DuplicateContent[] {
  const byContent = new Map<string, Content>();
  for (const { location, measure, hashes } of installed) {
    const measured = new Map(readFileList(readKept(out, measure.list)).map((file) => [file.path, file]));
    for (const { sha256, path } of readHashLines(readKept(out, hashes.list))) {
      const { size, linked } = measured.get(path)!;
      const content = byContent.get(sha256) ?? { size, files: [], packages: new Set(), onDisk: new Set() };
      const name = `${location}/${nameForPeople(path)}`;
      content.files.push(name);
      content.packages.add(location);
      content.onDisk.add(linked ?? name);
      byContent.set(sha256, content);
    }
  }
  return [...byContent]
    .filter(([, { size, packages, onDisk }]) => size > 0 && packages.size > 1 && onDisk.size > 1)
    .map(([sha256, { size, files, packages, onDisk }]) => {
      const examples = files.sort(compareText).slice(0, 3);
      const wastedBytes = size * (onDisk.size - 1);
      return { sha256, size, copies: onDisk.size, packages: packages.size, wastedBytes, examples };
    })
    .sort((a, b) => b.wastedBytes - a.wastedBytes || compareText(a.sha256, b.sha256));
}

export function largest(job: RunningJob): Largest {
  const measures = [...inputsOfType<Measure>(job, 'measure')];
  measures.sort((a, b) => b.bytes - a.bytes || compareText(a.location, b.location));
  return {
    packages: measures.slice(0, 12).map(({ location, bytes, files }) => ({ location, bytes, files })),
    bytes: sum(measures, ({ bytes }) => bytes),
  };
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
