import type { ReportContent } from './reports.js';
import { seconds } from './story.js';
import { count, counted, fit, plain, size, table } from './wording.js';

const pageWidth = 100;

/** The report for a terminal or a mail, 100 columns wide. */
export function textReport(content: ReportContent): string {
  const sections = [
    heading(content),
    overview(content),
    licenceFindings(content),
    licenceSummary(content),
    duplicatePackages(content),
    duplicateContents(content),
    largest(content),
    drift(content),
    story(content),
    packages(content),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return [title.toUpperCase(), '', ...lines];
}

function heading({ licences, settle, graphId, root }: ReportContent): readonly string[] {
  const title = `Dependency audit of ${fit(plain(licences.project.name), 50)}`;
  const at = `${settle.lastLookAt.slice(0, 19).replace('T', ' ')} UTC`;
  return [
    title + at.padStart(pageWidth - [...title].length),
    '='.repeat(pageWidth),
    `  root   ${fit(plain(root), pageWidth - 9)}`,
    `  graph  ${graphId}`,
  ];
}

function overview({ inventory, licences, duplicates, settle }: ReportContent): readonly string[] {
  const { conflict, attention, note } = licences.counts;
  const stillness =
    settle.changedTotal === 0
      ? `nothing changed from its measurement to the last look; the last ${seconds(settle.quietMs)} were watched`
      : `${counted(settle.changedTotal, 'package')} CHANGED while the audit read them: run it again`;
  return section('Overview', [
    `  packages    ${count(inventory.packages)}: ${count(inventory.production)} for production, ${count(inventory.development)} for development only`,
    `  size        ${size(inventory.bytes)} in ${counted(inventory.files, 'file')}; ${size(inventory.productionBytes)} of it for production`,
    `  licences    ${counted(conflict, 'conflict')}, ${count(attention)} to look at, ${counted(note, 'note')}`,
    `  duplicates  ${counted(duplicates.packagesTotal, 'package')} in more than one place (${size(duplicates.extraBytes)} extra),`,
    `              ${counted(duplicates.contentsTotal, 'file')} in more than one package (${size(duplicates.wastedBytes)} wasted)`,
    `  stillness   ${stillness}`,
    ...settle.changed.slice(0, 10).map((location) => `              changed: ${fit(plain(location), pageWidth - 23)}`),
  ]);
}

function licenceFindings({ licences }: ReportContent): readonly string[] {
  const { findings, counts } = licences;
  const columns = [
    { title: 'severity', width: 9 },
    { title: 'package', width: 28 },
    { title: 'use', width: 4 },
    { title: 'finding', width: 51 },
  ];
  const rows = findings.flatMap(({ severity, name, version, scope, message }) => {
    const use = scope === 'production' ? 'prod' : 'dev';
    const shown = version === '' ? name : `${name}@${version}`;
    return wrap(plain(message), 51).map((line, index) =>
      index === 0 ? [severity, shown, use, line] : ['', '', '', line],
    );
  });
  const unlisted = counts.conflict + counts.attention + counts.note - findings.length;
  const rest = unlisted > 0 ? [`  … and ${count(unlisted)} more`] : [];
  return section('Licence findings', [...table(columns, rows), ...rest]);
}

function licenceSummary({ licences }: ReportContent): readonly string[] {
  const columns = [
    { title: 'licence', width: 50 },
    { title: 'class', width: 15 },
    { title: 'production', width: 11, align: 'right' as const },
    { title: 'development', width: 11, align: 'right' as const },
  ];
  const rows = licences.summary.map((line) => [line.expression, line.licenceClass, line.production, line.development]);
  return section('Licences', table(columns, rows));
}

function duplicatePackages({ duplicates }: ReportContent): readonly string[] {
  const columns = [
    { title: 'package', width: 28 },
    { title: 'version', width: 12 },
    { title: 'size', width: 11, align: 'right' as const },
    { title: 'place', width: 41 },
  ];
  const rows = duplicates.packages.flatMap(({ name, copies }) =>
    copies.map(({ version, bytes, location }, index) => [index === 0 ? name : '', version, size(bytes), location]),
  );
  return section('Packages in more than one place', table(columns, rows));
}

function duplicateContents({ duplicates }: ReportContent): readonly string[] {
  const columns = [
    { title: 'wasted', width: 11, align: 'right' as const },
    { title: 'copies', width: 6, align: 'right' as const },
    { title: 'packages', width: 8, align: 'right' as const },
    { title: 'for example', width: 67 },
  ];
  const rows = duplicates.contents
    .slice(0, 15)
    .map(({ wastedBytes, copies, packages, examples }) => [size(wastedBytes), copies, packages, examples[0] ?? '']);
  return section('Equal files in several packages', table(columns, rows));
}

function largest({ largest: { packages, bytes } }: ReportContent): readonly string[] {
  const columns = [
    { title: 'package', width: 50 },
    { title: 'files', width: 9, align: 'right' as const },
    { title: 'size', width: 11, align: 'right' as const },
    { title: 'of all', width: 20 },
  ];
  const rows = packages.map((one) => [
    one.location.slice('node_modules/'.length),
    one.files,
    size(one.bytes),
    `${((100 * one.bytes) / Math.max(1, bytes)).toFixed(1).padStart(4)} % ${'#'.repeat(Math.round((13 * one.bytes) / Math.max(1, bytes)))}`,
  ]);
  return section('The largest', table(columns, rows));
}

function drift({ inventory }: ReportContent): readonly string[] {
  const lines = inventory.drift.map((line) => `  ${fit(plain(line), pageWidth - 2)}`);
  const scripts = inventory.installScripts.map(
    ({ name, scripts, scope }) => `  ${fit(plain(name), 50)} (${scope}): ${scripts.join(', ')}`,
  );
  const rest = inventory.driftTotal - inventory.drift.length;
  return [
    ...section('Oddities of the installation', lines.length === 0 ? ['  (none)'] : lines),
    ...(rest > 0 ? [`  … and ${count(rest)} more`] : []),
    '',
    ...section('Scripts that run when installed', scripts.length === 0 ? ['  (none)'] : scripts),
  ];
}

function story({ story: told }: ReportContent): readonly string[] {
  if (told === null) return section('This run', ['  (it did not know the address of its own store)']);
  const workers = told.workers.map(
    ({ pid, finished }) => `  worker with pid ${pid}: ${counted(finished, 'job')} finished`,
  );
  const recoveries = told.recoveries.flatMap(({ job, finished, faults, events }) => [
    '',
    `  ${fit(plain(job), 60)} faulted ${faults === 1 ? 'once' : `${faults} times`} and ${finished ? 'recovered' : 'has not recovered'}:`,
    ...events.flatMap(({ atMs, says }) =>
      wrap(plain(says), pageWidth - 15).map(
        (line, index) => `  ${(index === 0 ? seconds(atMs) : '').padStart(9)}  ${line}`,
      ),
    ),
  ]);
  return section('This run, from its history up to this report', [
    `  ${counted(told.events, 'event')}, ${counted(told.attempts.length, 'attempt')}`,
    ...workers,
    ...recoveries,
  ]);
}

function packages({ rows }: ReportContent): readonly string[] {
  const columns = [
    { title: 'package', width: 40 },
    { title: 'version', width: 13 },
    { title: 'licence', width: 13 },
    { title: 'use', width: 4 },
    { title: 'files', width: 7, align: 'right' as const },
    { title: 'size', width: 11, align: 'right' as const },
  ];
  return section(
    'All packages',
    table(
      columns,
      rows.map((row) => [
        nestedName(row.name, row.location),
        row.version,
        row.licence ?? '-',
        row.scope === 'production' ? 'prod' : 'dev',
        row.files,
        size(row.bytes),
      ]),
    ),
  );
}

/** A package inside another one's `node_modules` is told apart from its namesake by where it is. */
export function nestedName(name: string, location: string): string {
  const place = location.slice('node_modules/'.length).replaceAll('/node_modules/', ' › ');
  return place === name || place.endsWith(` › ${name}`) ? place : `${name} (${place})`;
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
