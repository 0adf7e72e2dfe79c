/**
 * The results of the jobs of the audit. All of them stay small, since every result is an event in the log: lists that grow
 * with the installation go to the output folder, and only their digest is a result (objects.ts).
 */
import type { RunningJob } from 'overseer';
import type { Project } from './discover.js';
import type { Kept } from './objects.js';
import type { Finding, LicenceClass } from './licence-policy.js';

export type Scope = 'production' | 'development';

/** Args that all jobs share. */
export interface AuditArgs {
  /** The project that is audited. */
  readonly root: string;
  /** Where everything is written. */
  readonly out: string;
}

/** Args of the four jobs each package has. */
export interface PackageArgs extends AuditArgs {
  /** Its folder, from the root: `node_modules/a/node_modules/b`. */
  readonly location: string;
  /** What the lock file says of it; null when it says nothing. */
  readonly locked: LockedPackage | null;
}

export interface LockedPackage {
  readonly version: string;
  readonly scope: Scope;
}

/** What lies in the folders; no package has been opened yet. Of long lists, the beginning and the length. */
export interface Installed {
  readonly project: Project;
  readonly packages: number;
  readonly strays: { readonly listed: readonly string[]; readonly total: number };
  readonly missing: { readonly listed: readonly string[]; readonly total: number };
}

export interface Manifest {
  readonly location: string;
  readonly name: string;
  readonly version: string;
  /** The licence as declared, brought into one line; null when none is. */
  readonly declared: string | null;
  /** Scripts that npm runs when the package is installed. */
  readonly installScripts: readonly string[];
  /** Names of the packages it needs to run. */
  readonly needs: readonly string[];
  readonly locked: LockedPackage | null;
  /** What is odd about the manifest itself. */
  readonly problems: readonly string[];
}

export interface Licence {
  readonly location: string;
  /** The expression in its normal form, or the declared text if it is none, or null. */
  readonly expression: string | null;
  readonly licenceClass: LicenceClass;
  /** The file that holds the licence's text, if the package ships one. */
  readonly file: string | null;
  /** Which licence that text reads like, where it is one of the common ones. */
  readonly readsLike: string | null;
}

export interface Measure {
  readonly location: string;
  readonly files: number;
  readonly bytes: number;
  /** Symbolic links, pipes and the like: counted, never opened. */
  readonly notFiles: number;
  /** Size, time of change and path of each file: a package that changes has another list. */
  readonly list: Kept;
}

export interface Hashes {
  readonly location: string;
  /** In the format of `sha256sum`, so that `sha256sum --check` can read it. In the order of {@link Measure.list}. */
  readonly list: Kept;
  /** Files that were there when the package was measured and are not any more. */
  readonly vanished: number;
}

/** All that is known of one package: what its four jobs found, in one record. */
export interface PackageRecord extends Omit<Manifest, 'declared'> {
  readonly licence: Omit<Licence, 'location'>;
  readonly measure: Omit<Measure, 'location'>;
  readonly hashes: Omit<Hashes, 'location'>;
}

/** One line of the table of packages. */
export interface PackageRow {
  readonly location: string;
  readonly name: string;
  readonly version: string;
  readonly licence: string | null;
  readonly licenceClass: LicenceClass;
  readonly scope: Scope;
  readonly files: number;
  readonly bytes: number;
  readonly digest: string;
  readonly installScripts: readonly string[];
}

export interface Inventory {
  readonly packages: number;
  readonly production: number;
  readonly development: number;
  readonly files: number;
  readonly bytes: number;
  readonly productionBytes: number;
  /** Where what is installed is not what the lock file says, and other oddities. */
  readonly drift: readonly string[];
  readonly driftTotal: number;
  readonly installScripts: readonly {
    readonly name: string;
    readonly scripts: readonly string[];
    readonly scope: Scope;
  }[];
  readonly rows: Kept;
}

export interface Licences {
  readonly project: { readonly name: string; readonly expression: string | null };
  readonly summary: readonly LicenceLine[];
  readonly findings: readonly Finding[];
  readonly counts: { readonly conflict: number; readonly attention: number; readonly note: number };
}

export interface LicenceLine {
  readonly expression: string;
  readonly licenceClass: LicenceClass;
  readonly production: number;
  readonly development: number;
}

export interface Duplicates {
  /** Packages installed in more than one place, the most bytes first. */
  readonly packages: readonly DuplicatePackage[];
  readonly packagesTotal: number;
  /** What all copies but the largest of each take. */
  readonly extraBytes: number;
  /** Contents found in more than one package, the most wasted bytes first. */
  readonly contents: readonly DuplicateContent[];
  readonly contentsTotal: number;
  readonly wastedBytes: number;
}

export interface DuplicatePackage {
  readonly name: string;
  readonly copies: readonly { readonly version: string; readonly location: string; readonly bytes: number }[];
  readonly extraBytes: number;
}

export interface DuplicateContent {
  readonly sha256: string;
  readonly size: number;
  readonly copies: number;
  readonly packages: number;
  readonly wastedBytes: number;
  /** Some of the files, from the root. */
  readonly examples: readonly string[];
}

export interface Largest {
  readonly packages: readonly { readonly location: string; readonly bytes: number; readonly files: number }[];
  readonly bytes: number;
}

export interface Settled {
  readonly firstLookAt: string;
  readonly lastLookAt: string;
  readonly quietMs: number;
  /** Packages whose files are not what they were when they were measured. */
  readonly changed: readonly string[];
  readonly changedTotal: number;
}

/** The written reports, by their place from the output folder. */
export interface Report {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Everything a report is written from. */
export interface Findings {
  readonly inventory: Inventory;
  readonly licences: Licences;
  readonly duplicates: Duplicates;
  readonly largest: Largest;
  readonly settle: Settled;
}

export interface Summary extends Findings {
  readonly reports: { readonly html: Report; readonly text: Report };
}

/** The result of one parent. */
export function inputOf<Result>(job: RunningJob, parent: string): Result {
  return job.inputs[parent] as Result;
}

/** The result of the one parent a job has. */
export function onlyInput<Result>(job: RunningJob): Result {
  return Object.values(job.inputs)[0] as Result;
}

/** The results of all parents of one type, the way `installed` names the jobs of packages: `type:package`, below itself. */
export function inputsOfType<Result>(job: RunningJob, type: string): readonly Result[] {
  return Object.entries(job.inputs)
    .filter(([parent]) => parent.startsWith(`installed/${type}:`))
    .map(([, result]) => result as Result);
}

export function argsOf<Args = AuditArgs>(job: RunningJob): Args {
  return job.args as unknown as Args;
}
