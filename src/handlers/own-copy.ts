import type { AttemptInput } from '../domain/attempt-input.js';
import { copied } from '../prelude/json.js';

const changeable = ['args', 'inputs', 'labels', 'details'] as const;

/**
 * The input of an attempt as its handler is given it: copies of its own, of whatever size and from whichever log, so that
 * what it does to them is its own affair. They are made when it looks: most handlers look at little.
 */
export function withOwnCopies<Input extends AttemptInput>(input: Input): Input {
  const given = { ...input };
  for (const key of changeable) {
    const become = (value: unknown) => Object.defineProperty(given, key, { ...plain, value, writable: true });
    const look = () => {
      const value = copied(input[key]);
      become(value);
      return value;
    };
    Object.defineProperty(given, key, { ...plain, get: look, set: become });
  }
  return given;
}

const plain = { enumerable: true, configurable: true } as const;
