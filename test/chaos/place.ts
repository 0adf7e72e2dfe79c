/** Where a round has its store: a file in a folder of its own, or a namespace of a server, behind a network that can be cut. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { install, store, type Store } from '../../src/index.js';
import { Proxy } from '../log/eventstoredb/proxy.js';
import { freshNamespace } from '../support/eventstoredb.js';

export type EngineName = 'sqlite' | 'eventstoredb';

/** Nobody, who may do nothing. */
const nobody = 65534;
const isRoot = process.getuid?.() === 0;

export interface Needs {
  /** A disk of its own, of so many bytes. */
  readonly diskBytes?: number;
  /** Workers to whom permissions apply: not root. */
  readonly permissions?: boolean;
  /** A network that can be cut. */
  readonly network?: boolean;
  /** How long an append may wait for a lock. */
  readonly busyTimeoutMs?: number;
}

export class Place {
  /** The database file; empty for a server. */
  readonly path: string;
  readonly namespace: string;
  /** As the workers and the operator know it. */
  address = '';
  readonly userId: number | undefined;
  proxy: Proxy | null = null;
  private isMounted = false;
  private readonly opened: Store[] = [];

  private constructor(
    readonly engine: EngineName,
    /** Of the round. */
    readonly folder: string,
    private readonly serverAddress: string,
    private readonly needs: Needs,
  ) {
    this.path = engine === 'sqlite' ? join(folder, 'store', 'overseer.db') : '';
    this.namespace = engine === 'sqlite' ? 'overseer' : freshNamespace();
    this.userId = needs.permissions === true && isRoot ? nobody : undefined;
  }

  /** @param address `sqlite`, or that of a server */
  static async prepare(address: string, folder: string, needs: Needs): Promise<Place> {
    const place = new Place(address === 'sqlite' ? 'sqlite' : 'eventstoredb', folder, address, needs);
    mkdirSync(place.journals);
    if (place.engine === 'sqlite') await place.prepareFile();
    else await place.prepareServer();
    return place;
  }

  /** Where journals and logs go. No fault reaches it. */
  get journals(): string {
    return join(this.folder, 'journals');
  }

  get storeFolder(): string {
    return dirname(this.path);
  }

  /** A handle for the operator, through whatever is between the workers and the store. */
  async open(): Promise<Store> {
    const db = await store(this.address, { namespace: this.namespace });
    this.opened.push(db);
    return db;
  }

  /** A handle for looking at it when all is over. */
  async openDirectly(path = this.path): Promise<Store> {
    const address = this.engine === 'sqlite' ? `sqlite:${path}` : this.serverAddress;
    const db = await store(address, { namespace: this.namespace });
    this.opened.push(db);
    return db;
  }

  /** Lets go of every handle. */
  async close(): Promise<void> {
    for (const db of this.opened.splice(0)) await db.close();
  }

  async remove(): Promise<void> {
    await this.close();
    this.proxy?.close();
    if (this.isMounted) execFileSync('umount', ['-l', this.storeFolder]);
  }

  private async prepareFile(): Promise<void> {
    const { diskBytes, busyTimeoutMs } = this.needs;
    mkdirSync(this.storeFolder);
    if (diskBytes !== undefined) {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', this.storeFolder]);
      this.isMounted = true;
    }
    this.address = `sqlite:${this.path}${busyTimeoutMs === undefined ? '' : `?busyTimeoutMs=${busyTimeoutMs}`}`;
    const db = await store(this.address);
    await install(db);
    await db.close();
    if (this.userId === undefined) return;
    // It needs a way to its files.
    chmodSync(this.folder, 0o711);
    const files = ['', '-wal', '-shm'].map((end) => this.path + end).filter((file) => existsSync(file));
    for (const file of [this.journals, this.storeFolder, ...files]) chownSync(file, this.userId, this.userId);
  }

  private async prepareServer(): Promise<void> {
    if (this.needs.network === true) this.proxy = await Proxy.to(this.serverAddress);
    this.address = this.proxy?.address ?? this.serverAddress;
    const db = await store(this.serverAddress, { namespace: this.namespace });
    await install(db);
    await db.close();
  }
}

/** Why no disk of its own can be had here, or null. */
export function whyNoDisk(scratch: string): string | null {
  if (!isRoot) return 'only root may mount a disk';
  const folder = join(scratch, 'tried');
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return null;
  } catch {
    return 'no disk can be mounted here';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
