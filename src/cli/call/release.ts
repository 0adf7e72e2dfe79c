import { readFileSync } from 'node:fs';
import { packageFile } from '../places.js';

/** The version of the installed package. */
export function releaseVersion(): string {
  const text = readFileSync(packageFile, 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
