import { on } from 'node:events';
import { createInterface, emitKeypressEvents, type Key } from 'node:readline';
import { createLogUpdate } from 'log-update';
import { type Stepper, stepperHelp } from './stepper.js';
import type { Terminal } from '../../output/terminal.js';

/** The lines that are typed or piped in. */
export async function* linesOf(input: NodeJS.ReadStream): AsyncGenerator<string> {
  yield* createInterface({ input, crlfDelay: Infinity });
}

/** Keys that are a command by themselves. */
const commands: Readonly<Record<string, string>> = {
  right: 'n',
  space: 'n',
  return: 'n',
  n: 'n',
  left: 'b',
  backspace: 'b',
  b: 'b',
  home: '<',
  end: '>',
  pagedown: 'n 10',
  pageup: 'b 10',
};
/** A terminal that is gone ends the keys. The option is newer than its types. */
const ended = { close: ['end', 'close'] } as object;
/** Keys that begin a line to be typed. */
const beginnings = ['g', 'w', 'f', '#', '@'];

/** Steps by single keys at a terminal, drawing each state over the last, until `q` or Ctrl+C. */
export async function stepByKeys(stepper: Stepper, terminal: Terminal): Promise<void> {
  const draw = createLogUpdate(process.stdout);
  const input = process.stdin;
  const help = stepperHelp.map((line) => terminal.paint.dim(line));
  let typed = '';
  const show = (lines: readonly string[]) =>
    draw(terminal.picture([...lines, '', ...(typed === '' ? help : [`> ${typed}`])]));
  emitKeypressEvents(input);
  input.setRawMode(true);
  try {
    show(stepper.lines());
    for await (const [text = '', key] of on(input, 'keypress', ended) as AsyncIterable<[string | undefined, Key]>) {
      if ((key.ctrl === true && key.name === 'c') || (typed === '' && key.name === 'q')) return;
      const command = typed === '' ? commandOf(text, key) : typing(text, key);
      if (command !== null) {
        const answer = stepper.command(command);
        if (answer === 'quit') return;
        show(answer);
      } else show(stepper.lines());
    }
  } finally {
    input.setRawMode(false);
    input.pause();
    draw.done();
  }

  function commandOf(text: string, key: Key): string | null {
    if (beginnings.includes(text)) typed = text === '#' || text === '@' ? `g ${text}` : `${text} `;
    else if (text === '<' || text === '>' || text === '?') return text;
    return typed === '' ? (commands[key.name ?? ''] ?? null) : null;
  }

  /** The typed line, once it is complete. */
  function typing(text: string, key: Key): string | null {
    if (key.name === 'return') {
      const line = typed;
      typed = '';
      return line;
    }
    if (key.name === 'escape') typed = '';
    else if (key.name === 'backspace') typed = typed.slice(0, -1);
    else if (key.ctrl !== true && key.meta !== true && !/\p{Cc}/u.test(text)) typed += text;
    return null;
  }
}
