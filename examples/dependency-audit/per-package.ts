/** The jobs each package has: `manifest` → `licence`, `measure` → `hash`, and `package`, which joins what they found. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningJob } from 'overseer';
import { asObject, isFile, namesIn, textOf } from './discover.js';
import {
  Breathing,
  hashFile,
  hashLine,
  type InstalledFile,
  listFiles,
  readFileList,
  writeFileList,
} from './installed-files.js';
import { classify, recognise } from './licence-policy.js';
import { keep, readKept } from './objects.js';
import {
  argsOf,
  type Hashes,
  inputsOfType,
  type Licence,
  type Manifest,
  type Measure,
  onlyInput,
  type PackageArgs,
  type PackageRecord,
} from './results.js';
import { parseExpression, writeExpression } from './spdx.js';

const installScripts = ['preinstall', 'install', 'postinstall'];

export function readManifest(job: RunningJob): Manifest {
  const { root, location, locked } = argsOf<PackageArgs>(job);
  const { manifest, problems } = parseManifest(readFileSync(join(root, location, 'package.json'), 'utf8'));
  const nameOfFolder = location.slice(location.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const name = textOf(manifest.name);
  const version = textOf(manifest.version);
  if (name === null) problems.push('has no name');
  if (version === null) problems.push('has no version');
  return {
    location,
    name: name ?? nameOfFolder,
    version: version ?? '',
    declared: declaredLicence(manifest),
    installScripts: installScripts.filter((script) => textOf(asObject(manifest.scripts)[script]) !== null),
    needs: [
      ...namesIn(manifest.dependencies),
      ...namesIn(manifest.optionalDependencies),
      ...namesIn(manifest.peerDependencies),
    ],
    locked,
    problems,
  };
}

/** A manifest that is not JSON is a finding, not a failure: the rest of the audit is useful without it. */
function parseManifest(text: string): { manifest: Readonly<Record<string, unknown>>; problems: string[] } {
  try {
    return { manifest: asObject(JSON.parse(text.replace(/^\uFEFF/, ''))), problems: [] };
  } catch {
    return { manifest: {}, problems: ['is not JSON'] };
  }
}

/** As npm has it today, or in the two forms of long ago: an object with a type, and a list of such objects. */
function declaredLicence(manifest: Readonly<Record<string, unknown>>): string | null {
  const one = (value: unknown) => textOf(value) ?? textOf(asObject(value).type);
  const several = Array.isArray(manifest.licenses) ? manifest.licenses.map(one).filter((id) => id !== null) : [];
  return one(manifest.license) ?? one(manifest.licenses) ?? textOf(several.join(' OR '));
}

/** How much of a licence file is read: enough to recognise it. */
const licenceTextMax = 20_000;

export function readLicence(job: RunningJob): Licence {
  const { root, location } = argsOf<PackageArgs>(job);
  const { declared } = onlyInput<Manifest>(job);
  const folder = join(root, location);
  const candidates = readdirSync(folder).filter((name) => /^(licen[cs]e|copying|unlicense)/i.test(name));
  const file = candidates.sort().find((name) => isFile(join(folder, name))) ?? null;
  const expression = declared === null ? null : parseExpression(declared);
  return {
    location,
    expression: expression === null ? declared : writeExpression(expression),
    licenceClass: classify(declared),
    file,
    readsLike: file === null ? null : recognise(readFileSync(join(folder, file), 'utf8').slice(0, licenceTextMax)),
  };
}

export async function measure(job: RunningJob): Promise<Measure> {
  const { root, out, location } = argsOf<PackageArgs>(job);
  const { files, bytes, notFiles } = await listFiles(join(root, location), new Breathing(job.signal));
  return { location, files: files.length, bytes, notFiles, list: keep(out, writeFileList(files), 'files') };
}

/** From this size on, a package reports its progress. */
const reportsProgressFrom = 4 * 1024 * 1024;
const progressEveryMs = 250;

export async function hash(job: RunningJob): Promise<Hashes> {
  const { root, out, location } = argsOf<PackageArgs>(job);
  const measured = onlyInput<Measure>(job);
  const files = readFileList(readKept(out, measured.list));
  const folder = join(root, location);
  const breathing = new Breathing(job.signal);
  const progress = new Progress(job, measured.bytes);
  const lines: string[] = [];
  let vanished = 0;
  for (const file of files) {
    const sha256 = await hashFile(folder, file);
    if (sha256 === null) vanished += 1;
    else lines.push(hashLine(sha256, file.path));
    progress.add(file);
    await breathing.breathe();
  }
  return { location, list: keep(out, lines.join(''), 'sha256'), vanished };
}

export function joinPackage(job: RunningJob): PackageRecord {
  const { declared: _, ...manifest } = inputsOfType<Manifest>(job, 'manifest')[0]!;
  const { location: _l, ...licence } = inputsOfType<Licence>(job, 'licence')[0]!;
  const { location: _m, ...measure } = inputsOfType<Measure>(job, 'measure')[0]!;
  const { location: _h, ...hashes } = inputsOfType<Hashes>(job, 'hash')[0]!;
  return { ...manifest, licence, measure, hashes };
}

/** Reports now and then how much of a large package is hashed. Nothing waits for it, and a lost heartbeat does no harm. */
class Progress {
  private bytes = 0;
  private toldAt = performance.now();

  constructor(
    private readonly job: RunningJob,
    private readonly total: number,
  ) {}

  add({ size }: InstalledFile): void {
    this.bytes += size;
    const now = performance.now();
    if (this.total < reportsProgressFrom || now - this.toldAt < progressEveryMs) return;
    this.toldAt = now;
    void this.job.heartbeat({ hashedBytes: this.bytes }, Math.min(1, this.bytes / this.total));
  }
}
