/**
 * Where this program's own files are. A build puts the modules that every command loads into one file of this folder, so the
 * one that asks for its own place has to be in this folder too.
 */
import { fileURLToPath } from 'node:url';

export const packageFile = new URL('../../package.json', import.meta.url);

/** The program to start for another process of the command line. */
export const mainFile = fileURLToPath(new URL('./main.js', import.meta.url));

/** The folder of all modules of this package, with a separator at its end. */
export const ownFolder = fileURLToPath(new URL('../', import.meta.url));
