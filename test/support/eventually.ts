import { patient } from './patience.js';

/** Waits until something holds, checking again and again; after `patient(mostMs)`, fails and says what it waited for. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, mostMs = 5000): Promise<void> {
  const limitMs = patient(mostMs);
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
