import type { Database, Statement } from 'better-sqlite3';
import { LogError } from '../../log-error.js';
import type { NamedRow } from '../event-row.js';
import type { ArchiveFolder } from './archive-folder.js';
import type { Member } from './directory.js';
import { unpack } from './member.js';

/** How much is kept unpacked, in bytes of text. It takes two to three times as much memory. */
const keptBytesMax = 16 * 1024 * 1024;

interface Unpacked {
  readonly rows: readonly NamedRow[];
  readonly bytes: number;
}

type Place = readonly [file: number, start: number, bytes: number, sha256: Buffer, unpacked: number];

/** Reads members from their files. Those that were used last are kept. */
export class UnpackedMembers {
  private readonly kept = new Map<number, Unpacked>();
  private bytes = 0;
  private readonly select: Statement;

  constructor(
    db: Database,
    private readonly folder: ArchiveFolder,
  ) {
    const columns = 'file, start, bytes, sha256, unpacked';
    this.select = db.prepare(`select ${columns} from archive_members where id = ?`).raw();
  }

  /**
   * The events of a member, in the order of the log.
   *
   * @throws LogError `store-archive-missing`, `store-archive-damaged`
   */
  rows(member: Member): readonly NamedRow[] {
    const { id } = member;
    const known = this.kept.get(id);
    if (known !== undefined) {
      this.kept.delete(id);
      this.kept.set(id, known);
      return known.rows;
    }
    const [file, start, bytes, sha256, unpacked] = this.select.get(id) as Place;
    const rows = this.read(member, [file, start, bytes, sha256, unpacked]);
    this.kept.set(id, { rows, bytes: unpacked });
    this.bytes += unpacked;
    for (const [oldest, { bytes }] of this.kept) {
      if (this.bytes <= keptBytesMax || oldest === id) break;
      this.kept.delete(oldest);
      this.bytes -= bytes;
    }
    return rows;
  }

  private read({ events, first, last }: Member, [file, start, bytes, sha256, unpacked]: Place): readonly NamedRow[] {
    const packed = this.folder.piece(file, start, bytes, sha256);
    try {
      const rows = unpack(packed, unpacked);
      const isWhole = rows.length === events && rows[0]?.[0] === first && rows.at(-1)?.[0] === last;
      if (isWhole) return rows;
      throw new Error(
        `its events are not those that the store has recorded for bytes ${start} to ${start + bytes - 1}`,
      );
    } catch (error) {
      if (error instanceof LogError) throw error;
      throw this.folder.damaged(file, error instanceof Error ? error.message : String(error));
    }
  }
}
