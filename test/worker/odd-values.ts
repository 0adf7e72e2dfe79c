/** Values that handlers may return, throw or send as details, and what is recorded of them. */
import vm from 'node:vm';

class Point {
  x = 1;
}

/** The value of a script in another realm. */
function elsewhere(script: string): unknown {
  return vm.runInNewContext(script);
}

export function nested(depth: number, wrap: (inner: unknown) => unknown = (inner) => [inner]): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = wrap(value);
  return value;
}

export const mixed = (inner: unknown) => ({ items: [inner], no: null });
/** 2^60 leaves, made of sixty arrays. */
const exploding = () => nested(60, (inner) => [inner, inner]);

/** Values that a handler may return, and the result that is recorded: the value as JSON gives it back. */
export const kept: Readonly<Record<string, readonly [returned: () => unknown, result: unknown]>> = {
  nothing: [() => undefined, null],
  'minus zero': [() => -0, 0],
  'a date': [() => new Date(0), '1970-01-01T00:00:00.000Z'],
  'an object of another realm': [() => elsewhere('({ a: 1, b: [1, { c: 2 }] })'), { a: 1, b: [1, { c: 2 }] }],
  'a list of another realm': [() => elsewhere('[1, [2]]'), [1, [2]]],
  'a date of another realm': [() => elsewhere('new Date(5)'), '1970-01-01T00:00:00.005Z'],
  'an object without a prototype': [() => Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
  'a key that means something': [
    () => JSON.parse('{"__proto__": {"x": 1}}') as unknown,
    JSON.parse('{"__proto__": {"x": 1}}') as unknown,
  ],
  'half a character': [() => '\ud800x', '\ud800x'],
  'the same value twice': [
    () => {
      const list = [1];
      return [list, list];
    },
    [[1], [1]],
  ],
  'something to wait for': [() => ({ then: (resolve: (value: unknown) => void) => resolve('there') }), 'there'],
  'as deep as can be': [() => nested(200), nested(200)],
  'as deep as can be, mixed': [() => nested(100, mixed), nested(100, mixed)],
};

/** Values that cannot be recorded, and the message that says why. */
export const refused: Readonly<Record<string, readonly [returned: () => unknown, message: RegExp]>> = {
  'nested too deep': [() => nested(201), /^the handler's result is nested deeper than the limit of 200$/],
  'nested much too deep': [() => nested(100_000), /nested deeper than the limit of 200/],
  'mixed and nested too deep': [() => nested(150, mixed), /nested deeper than the limit of 200/],
  'nested where it writes itself': [
    () => nested(300, (inner) => ({ toJSON: () => [inner] })),
    /nested deeper than the limit of 200/,
  ],
  'writing itself for ever': [() => writingItself(), /nested deeper than the limit of 200/],
  'more than memory holds': [exploding, /larger than any limit/],
  'an invalid date': [() => new Date(NaN), /result is an invalid Date/],
  'an invalid date, inside': [() => ({ at: [new Date('garbage')] }), /result\.at\[0\] is an invalid Date/],
  'an invalid date of another realm': [() => elsewhere('new Date(NaN)'), /invalid Date/],
  'an instance of a class': [() => new Point(), /is a Point/],
  'an instance of a class of another realm': [() => elsewhere('new (class Spot {})()'), /is a Spot/],
  'an instance of a class without parents': [() => withoutParents(), /cannot hold/],
  'a map of another realm': [() => elsewhere('new Map()'), /is a Map/],
  'a getter that throws': [
    () => ({
      get a(): never {
        throw new Error('no');
      },
    }),
    /cannot be written as JSON: no/,
  ],
  'a proxy that throws': [
    () =>
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('no keys');
          },
        },
      ),
    /no keys/,
  ],
  'a proxy that throws nothing one can look at': [
    () =>
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw Object.create(null) as Error;
          },
        },
      ),
    /throws again when looked at/,
  ],
  'a proxy that cannot be used any more': [() => revoked(), /revoked/],
  'a then that throws': [
    () => ({
      get then(): never {
        throw new Error('then');
      },
    }),
    /^then$/,
  ],
};

function writingItself(): object {
  return { toJSON: () => writingItself() };
}

function withoutParents(): object {
  return Object.create(Object.create(null, { constructor: { value: class Alone {} } }) as object) as object;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** What a handler throws, and what the recorded failure says. */
export const thrown: Readonly<
  Record<string, readonly [thrown: () => unknown, exception: string, message: RegExp | null]>
> = {
  'a message that is an object': [() => withMessage({ status: 429 }), 'Error', /^\{"status":429\}$/],
  'a message that is a number': [() => withMessage(42), 'Error', /^42$/],
  'a message that is a symbol': [() => withMessage(Symbol('s')), 'Error', /Symbol\(s\)/],
  'a message that refers to itself': [() => withMessage(circular()), 'Error', /\[object Object\]/],
  'a message that is nested too deep': [() => withMessage(nested(100_000)), 'Error', /\[object Array\]/],
  'no message at all': [() => withMessage(undefined), 'Error', null],
  'a message that throws': [() => throwing('message'), 'Error', /throws again when looked at/],
  'a stack that throws': [() => throwing('stack'), 'Error', /^visible$/],
  'a name that throws': [() => throwing('name'), 'Error', /^visible$/],
  'data that throws': [() => throwing('data'), 'Error', /^visible$/],
  'data that is nested too deep': [
    () => Object.assign(new Error('deep'), { data: nested(5000, mixed) }),
    'Error',
    /^deep$/,
  ],
  'own values that are nested too deep': [
    () => Object.assign(new Error('deep'), { body: nested(5000) }),
    'Error',
    /^deep$/,
  ],
  'a constructor that is none': [
    () => Object.create(new Error('visible'), { constructor: { value: undefined } }) as unknown,
    'Error',
    /^visible$/,
  ],
  'an error of another realm': [() => thrownBy('null.x'), 'TypeError', /Cannot read properties of null/],
  'a class of another realm': [
    () => thrownBy('class Odd extends RangeError {}; throw new Odd("too far")'),
    'Odd',
    /^too far$/,
  ],
  'a syntax error of another realm': [() => thrownBy('let x = ;'), 'SyntaxError', /Unexpected token/],
  'a proxy that throws': [
    () =>
      new Proxy(new Error('px'), {
        get: () => {
          throw new Error('trap');
        },
      }),
    'unknown',
    /throws again/,
  ],
  'a proxy that cannot be used any more': [revoked, 'unknown', /throws again/],
  'a text that is too long': [() => new Error('x'.repeat(1_000_000)), 'Error', /cut: 1000000 bytes/],
  'no error at all': [() => undefined, 'undefined', null],
};

function withMessage(message: unknown): Error {
  const error = new Error('');
  error.message = message as string;
  return error;
}

function throwing(field: string): Error {
  return Object.defineProperty(new Error('visible'), field, {
    get: () => {
      throw new Error(`no ${field}`);
    },
  });
}

function circular(): object {
  const self: { self?: object } = {};
  self.self = self;
  return self;
}

function thrownBy(script: string): unknown {
  try {
    return vm.runInNewContext(script) as unknown;
  } catch (error) {
    return error;
  }
}

/** Delays that are not valid: the delay of the retry policy is used instead. */
export const oddDelays: readonly unknown[] = [NaN, -5, '5s', null, {}, [3], true, Symbol('s'), 10n, () => 1, -Infinity];
