import type { Database, Statement } from 'better-sqlite3';
import { LogError } from '../../log-error.js';
import type { ArchiveFolder } from './archive-folder.js';
import { impossible, type Member } from './directory.js';
import { unpack, type UnpackedMember } from './member.js';

/** How much is kept unpacked, in bytes. */
export const keptBytesMax = 16 * 1024 * 1024;

/** More than any member has: 1,000 events of the largest possible size. */
const unpackedMax = 2 ** 30;

interface Kept {
  readonly member: UnpackedMember;
  readonly bytes: number;
}

/** Where a member is, and what is there. */
interface Place {
  readonly file: number;
  readonly start: number;
  readonly bytes: number;
  readonly sha256: Buffer;
  readonly unpacked: number;
}

/** Reads members from their files. Those that were used last are kept. */
export class UnpackedMembers {
  private readonly kept = new Map<number, Kept>();
  private bytes = 0;
  private readonly select: Statement;

  constructor(
    private readonly db: Database,
    private readonly folder: ArchiveFolder,
  ) {
    const columns = 'file, start, bytes, sha256, unpacked';
    this.select = db.prepare(`select ${columns} from archive_members where id = ?`);
  }

  /**
   * What a member holds.
   *
   * @throws LogError `store-archive-missing`, `store-archive-damaged`
   */
  of(member: Member): UnpackedMember {
    const { id } = member;
    const known = this.kept.get(id);
    if (known !== undefined) {
      this.kept.delete(id);
      this.kept.set(id, known);
      return known.member;
    }
    const place = this.placeOf(id);
    const found = this.read(member, place);
    const { unpacked } = place;
    this.kept.set(id, { member: found, bytes: unpacked });
    this.bytes += unpacked;
    for (const [oldest, { bytes }] of this.kept) {
      if (this.bytes <= keptBytesMax || oldest === id) break;
      this.kept.delete(oldest);
      this.bytes -= bytes;
    }
    return found;
  }

  private placeOf(id: number): Place {
    const place = this.select.get(id) as Place | undefined;
    if (place === undefined) return impossible(this.db, id);
    const { file, start, bytes, sha256, unpacked } = place;
    const isPossible = file > 0 && start >= 0 && bytes > 0 && unpacked > 0 && unpacked <= unpackedMax;
    return isPossible && Buffer.isBuffer(sha256) ? place : impossible(this.db, id);
  }

  private read({ events, first, last }: Member, { file, start, bytes, sha256, unpacked }: Place): UnpackedMember {
    const packed = this.folder.piece(file, start, bytes, sha256);
    try {
      const found = unpack(packed, unpacked);
      const { size, positions } = found;
      if (size === events && positions[0] === first && positions[size - 1] === last) return found;
      throw new Error(
        `its events are not those that the store has recorded for bytes ${start} to ${start + bytes - 1}`,
      );
    } catch (error) {
      if (error instanceof LogError) throw error;
      throw this.folder.damaged(file, error instanceof Error ? error.message : String(error));
    }
  }
}
