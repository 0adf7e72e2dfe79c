import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file of the output folder that is named by the SHA-256 of what it holds. */
export interface Kept {
  readonly sha256: string;
  /** From the output folder. */
  readonly file: string;
}

/**
 * Keeps a text (one character per byte) in the output folder. A job may run more than once, on any worker: since the
 * name is made from the content, doing it again writes nothing new, and two at once do no harm.
 */
export function keep(out: string, bytes: string, extension: string): Kept {
  const sha256 = createHash('sha256').update(bytes, 'latin1').digest('hex');
  const file = join('objects', `${sha256}.${extension}`);
  if (!existsSync(join(out, file))) writeWhole(join(out, file), bytes, 'latin1');
  return { sha256, file };
}

export function readKept(out: string, { file }: Kept): string {
  return readFileSync(join(out, file), 'latin1');
}

/** JSON is text of Unicode characters, which objects keep as the bytes of UTF-8. */
export function keepJson(out: string, value: unknown): Kept {
  return keep(out, Buffer.from(JSON.stringify(value)).toString('latin1'), 'json');
}

export function readKeptJson<Value>(out: string, kept: Kept): Value {
  return JSON.parse(Buffer.from(readKept(out, kept), 'latin1').toString()) as Value;
}

/** Writes a file that is there as a whole or not at all, even if the process is killed meanwhile. */
export function writeWhole(path: string, content: string, encoding: 'latin1' | 'utf8' = 'utf8'): void {
  mkdirSync(join(path, '..'), { recursive: true });
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, content, encoding);
  renameSync(draft, path);
}
