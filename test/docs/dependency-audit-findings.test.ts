// takes: 8s
// time-limit: 120s
/** The audit of a made-up project, of which every finding is known beforehand. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PackageRow } from '../../examples/dependency-audit/results.js';
import { assert, describe } from '../support/spec.js';
import { folderIn, temporaryFolder } from '../support/stores.js';
import { type AuditEnd, type AuditTraces, readTraces, startAudit } from './audit-run.js';

const mitText = 'Permission is hereby granted, free of charge, to any person obtaining a copy of this software';
const shared = 'the same in three packages\n';
const evilName = '<img src=x onerror=alert(1)>\u001b[2J';
const notUtf8 = Buffer.from([0x6f, 0x64, 0x64, 0xff, 0xfe]);

const audit = describe('the audit of a made-up project', { timeoutMs: 60_000 });
const root = folderIn(temporaryFolder(), 'project');
const out = temporaryFolder();
let end: AuditEnd;
let traces: AuditTraces;

audit.before(async () => {
  makeProject();
  end = await startAudit(out, '--root', root).ended;
  traces = await readTraces(out);
});

audit.test('then packages are told from what only lies beside them', () => {
  assert.is(end.exitCode, 0, end.printed);
  const locations = rows().map(({ location }) => location.slice('node_modules/'.length));
  assert.equal(locations.sort(), [
    '@scope/dev-gpl',
    'broken',
    'evil',
    'gpl-lib',
    'left',
    'left/node_modules/shared',
    'nolicence',
    'odd',
    'shared',
  ]);
  assert.equal(traces.summary.inventory.drift, [
    'the manifest of node_modules/broken is not JSON',
    'the manifest of node_modules/broken has no name',
    'the manifest of node_modules/broken has no version',
    'node_modules/README.md is no package folder; it was left out',
    'node_modules/linked is no package folder; it was left out',
    'node_modules/no-manifest is no package folder; it was left out',
  ]);
});

audit.test('then what can be reached from the dependencies is production', () => {
  const production = rows().filter(({ scope }) => scope === 'production');
  assert.equal(production.map(({ location }) => location.slice('node_modules/'.length)).sort(), [
    'evil',
    'gpl-lib',
    'left',
    'left/node_modules/shared',
    'nolicence',
    'odd',
  ]);
});

audit.test('then the licences that matter are found, and only these', () => {
  const { findings, counts } = traces.summary.licences;
  const found = findings.map(({ severity, location, message }) => `${severity} ${location.slice(13)}: ${message}`);
  assert.equal(found, [
    'conflict gpl-lib: GPL-3.0-only binds what is shipped with it',
    'attention evil: declares “MIT</td><script>alert(3)</script>”, which is no SPDX expression',
    'attention nolicence: declares no licence; its licence file reads like MIT',
    'note @scope/dev-gpl: GPL-2.0 (strong copyleft)',
    'note broken: declares no licence',
    'note left: MIT, but it ships no licence text',
    'note odd: (MIT OR GPL-2.0) AND ISC, but it ships no licence text',
    'note left/node_modules/shared: MIT, but it ships no licence text',
  ]);
  assert.equal(counts, { conflict: 1, attention: 2, note: 5 });
});

audit.test('then a package in two versions is found, with what its copies take', () => {
  const { packages, packagesTotal, extraBytes } = traces.summary.duplicates;
  const sizeOf = (location: string) => rows().find((row) => row.location === location)!.bytes;
  const bytes = [sizeOf('node_modules/left/node_modules/shared'), sizeOf('node_modules/shared')];
  assert.is(packagesTotal, 1);
  assert.is(extraBytes, Math.min(...bytes));
  assert.equal(
    packages[0]!.copies.map(({ version, location }) => `${version} ${location}`),
    ['2.0.0 node_modules/left/node_modules/shared', '1.0.0 node_modules/shared'],
  );
});

audit.test('then equal files in several packages are found; links to one file on the disk are no waste', () => {
  const { contents, wastedBytes } = traces.summary.duplicates;
  assert.is(contents.length, 1);
  assert.is(wastedBytes, 2 * shared.length);
  assert.equal(contents[0]!.examples, [
    'node_modules/left/same.txt',
    'node_modules/odd/with space.txt',
    'node_modules/shared/same.txt',
  ]);
});

audit.test('then files are counted whatever their names are, and only files', () => {
  const odd = rows().find(({ location }) => location === 'node_modules/odd')!;
  const manifestBytes = readFileSync(join(root, 'node_modules/odd/package.json')).length;
  assert.is(odd.files, 8);
  assert.is(odd.bytes, manifestBytes + shared.length + 5);
});

audit.test('then sha256sum agrees with the hashes of the oddest names', () => {
  const odd = rows().find(({ location }) => location === 'node_modules/odd')!;
  const list = join(out, 'objects', `${odd.digest}.sha256`);
  const cwd = join(root, 'node_modules/odd');
  const checked = runTool('sha256sum', ['--check', '--strict', list], cwd);
  assert.is(checked.trimEnd().split('\n').length, 8);
  assert.not.match(checked, 'FAILED');
});

audit.test('then nothing a manifest says becomes markup, nor moves the cursor', () => {
  assert.match(traces.html, '&lt;img src=x onerror=alert(1)&gt;');
  assert.not.match(traces.html, '<img');
  assert.not.match(traces.html, /<script>alert/);
  assert.not.match(traces.html + traces.text + end.printed, /\u001b/);
  assert.match(traces.text, '<img src=x');
});

audit.test('then the page lets its own script run, and no other', () => {
  const scripts = [...traces.html.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script]) => script!);
  const allowed = /script-src &#39;sha256-([^&]+)&#39;/.exec(traces.html)?.[1];
  assert.is(scripts.length, 1);
  assert.is(allowed, createHash('sha256').update(scripts[0]!).digest('base64'));
});

audit.run();

const usage = describe('the audit, of what cannot be audited', { timeoutMs: 30_000 });

usage.test(
  'when there is no project, no package, or another audit in the way, then it says so and exits with 1',
  async () => {
    const empty = temporaryFolder();
    const bare = temporaryFolder();
    const hollow = temporaryFolder();
    for (const folder of [bare, hollow]) writeFileSync(join(folder, 'package.json'), '{"name":"bare"}');
    mkdirSync(join(hollow, 'node_modules'));
    const refusals = await Promise.all([
      startAudit(temporaryFolder(), '--root', empty).ended,
      startAudit(temporaryFolder(), '--root', bare).ended,
      startAudit(out, '--root', root).ended,
      startAudit(temporaryFolder(), '--rot', root).ended,
      startAudit(temporaryFolder(), '--root', hollow).ended,
    ]);
    assert.equal(
      refusals.map(({ exitCode }) => exitCode),
      [1, 1, 1, 1, 1],
    );
    const sentences = refusals.map(({ printed }) => printed.trim());
    assert.equal(sentences.slice(0, 3), [
      `Failed: ${empty} is no project: it has no package.json`,
      `Failed: there is nothing to audit: ${bare} has no folder node_modules; run npm install there first`,
      `Failed: ${out} holds the history of another audit; give another folder with --out`,
    ]);
    assert.match(sentences[3]!, /^Failed: .*--rot/);
    assert.match(sentences[4]!, `because of its job installed: AuditError: there is nothing to audit: ${hollow}`);
  },
);

usage.run();

function rows(): readonly PackageRow[] {
  return JSON.parse(readFileSync(join(out, traces.summary.inventory.rows.file), 'utf8')) as readonly PackageRow[];
}

function makeProject(): void {
  const dependencies = { left: '1', 'gpl-lib': '3', nolicence: '0', evil: '1', odd: '1' };
  const devDependencies = { '@scope/dev-gpl': '1', shared: '1', broken: '1' };
  put('package.json', JSON.stringify({ name: 'made-up', license: 'MIT', dependencies, devDependencies }));
  putPackage('left', { version: '1.0.0', license: 'MIT', dependencies: { shared: '2' } });
  put('node_modules/left/same.txt', shared);
  put('node_modules/left/linked.bin', 'one file on the disk, two names');
  putPackage('left/node_modules/shared', { name: 'shared', version: '2.0.0', license: 'MIT' });
  putPackage('shared', { version: '1.0.0', license: 'MIT' });
  put('node_modules/shared/same.txt', shared);
  putPackage('gpl-lib', { version: '3.1.0', license: 'GPL-3.0-only' });
  linkSync(join(root, 'node_modules/left/linked.bin'), join(root, 'node_modules/gpl-lib/linked.bin'));
  putPackage('nolicence', { version: '0.1.0' });
  put('node_modules/nolicence/LICENSE.md', mitText);
  putPackage('@scope/dev-gpl', { version: '1.0.0', licenses: [{ type: 'GPL-2.0' }] });
  const version = '1"><script>alert(2)</script>';
  putPackage('evil', { name: evilName, version, license: 'MIT</td><script>alert(3)</script>' });
  put('node_modules/broken/package.json', '{ "name": ');
  putOddFiles();
  put('node_modules/.cache/tool/state.txt', 'not a package');
  put('node_modules/README.md', 'not a package');
  mkdirSync(join(root, 'node_modules/no-manifest'));
  symlinkSync('left', join(root, 'node_modules/linked'));
}

function putOddFiles(): void {
  putPackage('odd', { version: '1.0.0', license: '((MIT or GPL-2.0) AND ISC)' });
  put('node_modules/odd/with space.txt', shared);
  put('node_modules/odd/empty', '');
  const names = ['new\nline', 'back\\slash', '<b>', 'ünï', notUtf8];
  for (const name of names) {
    const path = Buffer.concat([Buffer.from(join(root, 'node_modules/odd/')), Buffer.from(name)]);
    writeFileSync(path, names.indexOf(name).toString());
  }
  symlinkSync('/etc/passwd', join(root, 'node_modules/odd/outside'));
  symlinkSync('..', join(root, 'node_modules/odd/around'));
  // Whoever opened this one would wait for ever.
  runTool('mkfifo', ['pipe'], join(root, 'node_modules/odd'));
}

/** Runs a program every Unix has. */
function runTool(program: string, args: readonly string[], cwd: string): string {
  return execFileSync(program, args, { cwd, encoding: 'latin1' });
}

function putPackage(location: string, manifest: Readonly<Record<string, unknown>>): void {
  put(`node_modules/${location}/package.json`, JSON.stringify({ name: location, ...manifest }));
}

function put(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
