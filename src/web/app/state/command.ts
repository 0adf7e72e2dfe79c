import { signal } from '@preact/signals';
import { shellWord } from '../../../prelude/phrases.js';
import type { About } from '../source/source.js';

/** What is known of the store; null until it is. */
export const about = signal<About | null>(null);

/** A command to type on the store that the page shows. */
export function command(...words: readonly string[]): string {
  const known = about.value;
  const flags = [
    ...(known === null || known.address === '' ? [] : ['--store', known.address]),
    ...(known === null || known.namespace === 'overseer' ? [] : ['--namespace', known.namespace]),
  ];
  return ['overseer', ...words, ...flags].map(shellWord).join(' ');
}
