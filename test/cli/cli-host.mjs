/**
 * A process that does what command lines ask, one after another, with what `npm run build` made. To start `overseer` takes
 * longer than most commands; where only answers matter, hundreds of them are had from one process.
 */
import { endingOf } from '../../dist/cli/program.js';
import { Terminal } from '../../dist/cli/output/terminal.js';

const own = { ...process.env };

async function answerTo({ words, variables }) {
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    // What the command before this one has changed there is over.
    process[name].removeAllListeners('error');
    process[name].write = (chunk, ...rest) => {
      written[name] += chunk.toString();
      const done = rest.find((each) => typeof each === 'function');
      if (done !== undefined) setImmediate(done);
      return true;
    };
  }
  process.env = { ...own, ...variables };
  const terminal = new Terminal(words.includes('--json'));
  const code = await endingOf(words, terminal);
  await terminal.flushed();
  return { code, signal: null, ...written };
}

process.on('message', (call) => {
  void answerTo(call).then((answer) => process.send(answer));
});
